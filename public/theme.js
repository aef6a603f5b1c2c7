// Runs before the first paint, so that what was chosen by hand does not flash. The app keeps it: src/ui/preferences.rs.
try {
  for (const [name, usual] of [["theme", "system"], ["contrast", "system"], ["text", "normal"], ["motion", "system"]]) {
    document.documentElement.dataset[name] = localStorage.getItem(`tunetrees.${name}`) || usual;
  }
  // Whoever has tunes here waits for them, not for a welcome.
  const isNew = location.pathname === "/" && !localStorage.getItem("tunetrees.known");
  document.documentElement.dataset.boot = isNew ? "welcome" : "page";
} catch {
  // Storage is forbidden: the system decides.
}
