// Prints histories scheduled by ts-fsrs, one JSON object a line; the same at every run. tests/practice/reference.rs reads them.
import { createEmptyCard, default_w, fsrs, generatorParameters } from "ts-fsrs";

const HISTORIES = 1000;
let state = 20261122n;
const chance = () => {
  state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
  return Number(state >> 40n) / 2 ** 24;
};
const pick = (list) => list[Math.floor(chance() * list.length)];

for (let n = 0; n < HISTORIES; n += 1) {
  // Half of them with the usual weights, half with somebody's own.
  const w = n % 2 === 0 ? [...default_w] : default_w.map((weight) => Number((weight * (0.85 + 0.3 * chance())).toFixed(4)));
  const options = {
    w,
    request_retention: pick([0.8, 0.85, 0.9, 0.93]),
    maximum_interval: pick([60, 365, 36500]),
    enable_fuzz: false,
    enable_short_term: true,
    learning_steps: pick([[], ["1m", "10m"], ["5m"], ["2m", "15m", "45m"]]),
    relearning_steps: pick([[], ["10m"], ["5m", "20m"]]),
  };
  const parameters = generatorParameters(options);
  const scheduler = fsrs(parameters);
  let card = createEmptyCard(new Date("2024-01-01T12:00:00Z"));
  let at = card.due;
  const reviews = [];
  const length = 4 + Math.floor(chance() * 12);
  for (let k = 0; k < length; k += 1) {
    const rating = pick([1, 2, 3, 3, 3, 4]);
    const preview = scheduler.repeat(card, at);
    card = preview[rating].card;
    const of = (grade) => preview[grade].card.due.getTime();
    reviews.push({
      at: at.getTime(),
      rating,
      due: [1, 2, 3, 4].map(of),
      stability: card.stability,
      difficulty: card.difficulty,
      state: card.state,
      days: card.scheduled_days,
    });
    if (card.scheduled_days === 0) {
      at = card.due;
    } else {
      // At noon of a day about then: early, on time, or late.
      const days = Math.max(1, Math.round(card.scheduled_days * pick([0.5, 0.9, 1, 1, 1, 1.2, 2])));
      const noon = new Date(at);
      noon.setUTCHours(12, 0, 0, 0);
      at = new Date(noon.getTime() + days * 86_400_000);
    }
  }
  const minutes = (steps) => steps.map((step) => Number(step.slice(0, -1)));
  console.log(
    JSON.stringify({
      // As ts-fsrs uses them: with several steps it keeps some weights in narrower bounds.
      weights: parameters.w,
      retention: options.request_retention,
      maximum: options.maximum_interval,
      learning: minutes(options.learning_steps),
      relearning: minutes(options.relearning_steps),
      reviews,
    }),
  );
}
