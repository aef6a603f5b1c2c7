// What each file of tests took, slowest first: printed at the end of a run.
export default class Times {
  files = new Map();

  onTestEnd(test, result) {
    const file = test.location.file.split("/").pop();
    this.files.set(file, (this.files.get(file) ?? 0) + result.duration);
  }

  onEnd() {
    const all = [...this.files].sort((a, b) => b[1] - a[1]);
    const seconds = (ms) => `${(ms / 1000).toFixed(0)} s`.padStart(7);
    console.log("\nTime per file:");
    for (const [file, ms] of all) console.log(`${seconds(ms)}  ${file}`);
    console.log(`${seconds(all.reduce((sum, [, ms]) => sum + ms, 0))}  together`);
  }

  printsToStdio() {
    return false;
  }
}
