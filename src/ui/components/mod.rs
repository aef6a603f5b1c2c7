//! Parts that several pages are made of. Own markup on native elements (`dialog`, `select`, `details`), no component library.

pub mod bring_in;
pub mod confirm;
pub mod crumb;
pub mod handed_over;
pub mod icons;
pub mod live_text;
pub mod long_work;
pub mod notation;
pub mod note_picture;
pub mod note_view;
pub mod notices;
pub mod offline;
pub mod page_title;
pub mod player;
pub mod practice_switches;
pub mod recently_deleted;
pub mod rich_text;
pub mod save_file;
pub mod screen;
pub mod sign_out;
pub mod snapshots;
pub mod sync_badge;
pub mod tune_form;
pub mod tune_plan;
pub mod tune_table;
