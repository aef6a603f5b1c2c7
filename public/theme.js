// Runs before the first paint, so that what was chosen by hand does not flash. The app keeps it: src/ui/preferences.rs.
try {
  for (const [name, usual] of [["theme", "system"], ["contrast", "system"], ["text", "normal"], ["motion", "system"]]) {
    document.documentElement.dataset[name] = localStorage.getItem(`tunetrees.${name}`) || usual;
  }
} catch {
  // Storage is forbidden: the system decides.
}
