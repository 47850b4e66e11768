// A hand whose pointer goes where people's went: recorded strokes, turned and scaled to the way that it has before it.
//
// A model of pointer paths takes a hand of our own invention for a program, and is right: no rule for a path is a hand. This
// is a replay. It shows what an honest pointer's path does to a score in a real browser. It does not show how strangers fare,
// since the model may have learned from these very recordings, and they are of loops that people drew with the button down,
// not of the way to a button. And whoever attacks may replay recordings too.

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { withTremor } from './hand.js';
import { Human } from './human.js';

const { strokes } = JSON.parse(readFileSync(new URL('traces.json', import.meta.url), 'utf8'));
const STROKES = strokes.map(({ group, steps }) => ({ group, points: pointsOf(steps) }));

/** A stroke may be made so much longer, or shorter, by its logarithm: a path of twice the size is no longer the same hand's. */
const NEAR = Math.log(1.25);
const FARTHEST = Math.log(2);

export class RecordedHand extends Human {
  constructor(tab, { group, ...options } = {}) {
    super(tab, options);
    // One person has one mouse.
    this.group = group ?? this.random.pick(['human_pc1', 'human_pc2', 'human_pc2_pad']);
  }

  /** When it was meant to be: on a machine that is late, the page still hears of a person's times. */
  stamp() {
    return Math.round(this.planned ?? Date.now()) / 1000;
  }

  async moveTo(to) {
    let steps = strokeTo(this.place, to, this.random, this.group);
    if (this.device.isTrembling) steps = withTremor(steps, this.random, this.device);
    const start = Date.now();
    for (const { x, y, t, isStill } of steps) {
      const place = { x: Math.round(x), y: Math.round(y) };
      // What was made too small to see did not happen; what was recorded as no way did.
      if (!isStill && place.x === Math.round(this.place.x) && place.y === Math.round(this.place.y)) continue;
      this.place = place;
      const early = start + t - Date.now();
      if (early > 1) await sleep(early);
      // Each waits for the page's answer: the browser draws none together, so the page hears of each at the recorded time.
      await this.mouse('mouseMoved', { timestamp: (start + t) / 1000 });
    }
  }
}

/** The events of a recorded stroke that leads from one place to the other: {x, y, t}, t in ms. */
export function strokeTo(from, to, random, group) {
  const distance = Math.hypot(to.x - from.x, to.y - from.y);
  if (distance < 2) return [];
  const choices = STROKES.filter((stroke) => stroke.group === group).map((stroke) => lastPart(stroke, distance));
  const near = choices.filter(({ off }) => off < NEAR);
  const { points, off } = near.length > 0 ? random.pick(near) : choices.sort((a, b) => a.off - b.off)[0];
  if (off > FARTHEST && distance > 100) {
    const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
    const first = strokeTo(from, middle, random, group);
    const pause = first.at(-1).t + random.logNormal(90, 0.3);
    return [...first, ...strokeTo(middle, to, random, group).map((point) => ({ ...point, t: pause + point.t }))];
  }
  return turned(points, from, to);
}

/** The end of a stroke, from where it is about as far from its goal as we are. */
function lastPart({ points }, distance) {
  const end = points.at(-1);
  // A short way has few events, but never two.
  const least = distance < 60 ? 6 : 12;
  let best = { off: Infinity };
  points.slice(0, -least).forEach((point, start) => {
    const off = Math.abs(Math.log(distance / Math.max(1, Math.hypot(end.x - point.x, end.y - point.y))));
    if (off < best.off) best = { off, start };
  });
  return { off: best.off, points: points.slice(best.start) };
}

/** The similarity that takes the first point to `from` and the last one to `to`. */
function turned(points, from, to) {
  const [first] = points;
  const last = points.at(-1);
  const [ax, ay] = [last.x - first.x, last.y - first.y];
  const [bx, by] = [to.x - from.x, to.y - from.y];
  const size = ax * ax + ay * ay;
  const [re, im] = [(ax * bx + ay * by) / size, (ax * by - ay * bx) / size];
  return points.slice(1).map(({ x, y, t, isStill }) => {
    const [dx, dy] = [x - first.x, y - first.y];
    return { x: from.x + re * dx - im * dy, y: from.y + im * dx + re * dy, t: t - first.t, isStill };
  });
}

function pointsOf(steps) {
  const points = [];
  let [t, x, y] = [0, 0, 0];
  for (let place = 0; place < steps.length; place += 3) {
    const [time, right, down] = steps.slice(place, place + 3);
    [t, x, y] = [t + time, x + right, y + down];
    points.push({ t, x, y, isStill: right === 0 && down === 0 });
  }
  return points;
}
