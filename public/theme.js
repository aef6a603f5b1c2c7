// Runs before the first paint, so that what was chosen by hand does not flash. The app keeps it: src/ui/preferences.rs.
try {
  for (const [name, usual] of [["theme", "system"], ["contrast", "system"], ["text", "normal"], ["motion", "system"]]) {
    document.documentElement.dataset[name] = localStorage.getItem(`tunetrees.${name}`) || usual;
  }
  // Whoever has tunes here waits for them, not for a welcome.
  // The welcome is painted in English; nobody who chose another language sees it.
  const english = (localStorage.getItem("tunetrees.language") ?? "en") === "en";
  const isNew = location.pathname === "/" && english && !localStorage.getItem("tunetrees.known");
  document.documentElement.dataset.boot = isNew ? "welcome" : "page";
} catch {
  // Storage is forbidden: the system decides.
}
