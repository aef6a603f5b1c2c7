//! Where a page belongs: the section whose tab is marked, and the page above it, to which the way back leads.

use crate::ui::text::t;

/// What the tabs lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Today's practice.
    Practice,
    /// The tunes of a repertoire.
    Repertoire,
    /// All tunes one may see.
    Catalog,
    /// What was practised.
    Analysis,
    /// What can be set.
    Settings,
}

impl Section {
    /// Its first page.
    pub fn href(self) -> &'static str {
        match self {
            Section::Practice => "/",
            Section::Repertoire => "/repertoire",
            Section::Catalog => "/catalog",
            Section::Analysis => "/analysis",
            Section::Settings => "/settings",
        }
    }

    /// What its tab says.
    pub fn name(self) -> &'static str {
        match self {
            Section::Practice => t("Practice"),
            Section::Repertoire => t("Repertoire"),
            Section::Catalog => t("Catalog"),
            Section::Analysis => t("Analysis"),
            Section::Settings => t("Settings"),
        }
    }

    /// The section of a page. A tune is looked at from anywhere, and stays where one came from (`before`).
    pub fn of(path: &str, before: Option<Section>) -> Option<Section> {
        match path.trim_matches('/').split('/').next().unwrap_or_default() {
            "" => Some(Section::Practice),
            "repertoire" | "repertoires" | "know" | "starter" | "start" => Some(Section::Repertoire),
            "catalog" | "import" | "new-tune" => Some(Section::Catalog),
            "analysis" | "history" => Some(Section::Analysis),
            "settings" | "data" | "conflicts" | "refused" => Some(Section::Settings),
            "tune" => before.or(Some(Section::Repertoire)),
            _ => None,
        }
    }

    /// `aria-current` of its tab on a page: the page itself, or one below it.
    pub fn mark(self, path: &str, section: Option<Section>) -> Option<&'static str> {
        let here = path.trim_end_matches('/') == self.href().trim_end_matches('/');
        (section == Some(self)).then_some(if here { "page" } else { "true" })
    }
}

/// The page above: its address, and what it is called.
pub fn above(path: &str) -> Option<(&'static str, &'static str)> {
    match path.trim_matches('/') {
        "conflicts" | "refused" => return Some(("/settings/sync", t("Sync and devices"))),
        // One comes here from where there is nothing to go back to.
        "start" => return None,
        _ => {}
    }
    let section = Section::of(path, None)?;
    (section.mark(path, Some(section)) == Some("true")).then(|| (section.href(), section.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_below_a_section_marks_it_and_leads_back_to_it() {
        for (path, section) in [
            ("/know", Section::Repertoire),
            ("/starter", Section::Repertoire),
            ("/repertoires", Section::Repertoire),
            ("/import", Section::Catalog),
            ("/new-tune", Section::Catalog),
            ("/history", Section::Analysis),
            ("/data", Section::Settings),
            ("/settings/keyboard", Section::Settings),
        ] {
            let found = Section::of(path, Some(Section::Practice));
            assert_eq!(found, Some(section), "{path}");
            assert_eq!(section.mark(path, found), Some("true"), "{path}");
            assert_eq!(above(path), Some((section.href(), section.name())), "{path}");
        }
        assert_eq!(above("/refused").map(|(href, _)| href), Some("/settings/sync"));
    }

    #[test]
    fn the_page_of_a_tab_is_the_current_one_and_only_that() {
        for (path, here) in
            [("/", Section::Practice), ("/repertoire", Section::Repertoire), ("/settings", Section::Settings)]
        {
            let section = Section::of(path, None);
            assert_eq!(here.mark(path, section), Some("page"));
            assert_eq!(Section::Analysis.mark(path, section), None);
            assert_eq!(above(path), None);
        }
        assert_eq!(Section::of("/sign-in", Some(Section::Settings)), None);
    }

    #[test]
    fn a_tune_stays_where_one_came_from() {
        assert_eq!(Section::of("/tune/1", Some(Section::Practice)), Some(Section::Practice));
        assert_eq!(Section::of("/tune/1", None), Some(Section::Repertoire));
    }
}
