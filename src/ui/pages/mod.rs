//! The pages, one a file. Each asks the worker for what it shows and nothing else.

pub mod analysis;
pub mod catalog;
pub mod conflicts;
pub mod data;
pub mod forgotten;
pub mod history;
pub mod import;
pub mod know;
pub mod new_tune;
pub mod optimise;
pub mod practice;
pub mod practice_settings;
pub mod refused;
pub mod repertoire;
pub mod repertoires;
pub mod settings;
pub mod sign_in;
pub mod start;
pub mod starter;
pub mod today;
pub mod tune;
pub mod welcome;
