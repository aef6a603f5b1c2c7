// Runs before the first paint, so that a theme chosen by hand does not flash. The app keeps it: src/ui/preferences.rs.
try {
  document.documentElement.dataset.theme = localStorage.getItem("tunetrees.theme") || "system";
} catch {
  // Storage is forbidden: the system decides.
}
