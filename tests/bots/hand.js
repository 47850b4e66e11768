// How a hand moves a pointer and strikes keys: plans, without a browser. Every plan is a list of steps with times in ms.

/** A pointing device: how often it reports, how far its hand strays, how it strays. */
export const MOUSE = { gap: [8, 16], tremor: 0.7, frequency: 9, curve: 0.09, overshoot: 0.35, speed: 1 };
/** A hand with Parkinson's resting tremor: 4 to 6 Hz, some millimetres wide; slow, with many corrections. */
export const TREMBLING = { isTrembling: true, gap: [8, 16], tremor: 5, frequency: 5, curve: 0.15, overshoot: 0.6, speed: 2.2 };

/**
 * From one place to another: minimum jerk along a bent line, in time by Fitts's law, with tremor, and often past the
 * target at first, then back to it.
 */
export function pointerPath(from, to, width, random, device = MOUSE) {
  const distance = Math.hypot(to.x - from.x, to.y - from.y);
  if (distance < 2) return [{ ...to, t: 0 }];
  const isLong = distance > 120;
  const past = isLong && random.chance(device.overshoot) ? random.uniform(0.03, 0.09) : random.uniform(-0.06, 0);
  const side = random.normal(0, 0.02) * distance;
  const first = {
    x: to.x + (to.x - from.x) * past - ((to.y - from.y) / distance) * side,
    y: to.y + (to.y - from.y) * past + ((to.x - from.x) / distance) * side,
  };
  const steps = stroke(from, first, Math.max(width, 12), random, device, 0);
  // One or two corrections near the target, as eyes and hand settle on it.
  let last = steps.at(-1);
  for (let left = random.chance(0.4) ? 2 : 1; left > 0; left -= 1) {
    const goal = left === 1 ? to : { x: (last.x + 2 * to.x) / 3, y: (last.y + 2 * to.y) / 3 };
    steps.push(...stroke(last, goal, width, random, device, last.t + random.uniform(20, 90)));
    last = steps.at(-1);
  }
  return withTremor(steps, random, device);
}

function stroke(from, to, width, random, device, start) {
  const distance = Math.hypot(to.x - from.x, to.y - from.y);
  const time = device.speed * Math.max(60, random.logNormal(90 + 130 * Math.log2(1 + distance / width), 0.18));
  const bend = random.normal(0, device.curve) * distance;
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const across = { x: -dy / (distance || 1), y: dx / (distance || 1) };
  const steps = [];
  for (let t = random.uniform(...device.gap); t < time; t += random.uniform(...device.gap)) {
    // A hand starts faster than it ends: the time is bent before the minimum-jerk polynomial takes it.
    const part = (t / time) ** 0.82;
    const way = part ** 3 * (10 - 15 * part + 6 * part ** 2);
    const off = bend * Math.sin(Math.PI * way);
    steps.push({ x: from.x + dx * way + across.x * off, y: from.y + dy * way + across.y * off, t: start + t });
  }
  steps.push({ ...to, t: start + time });
  return steps;
}

export function withTremor(steps, random, { tremor, frequency }) {
  const phase = random.uniform(0, 2 * Math.PI);
  let [wanderX, wanderY] = [0, 0];
  return steps.map(({ x, y, t }) => {
    wanderX = 0.8 * wanderX + random.normal(0, tremor / 3);
    wanderY = 0.8 * wanderY + random.normal(0, tremor / 3);
    const wave = (2 * Math.PI * frequency * t) / 1000 + phase;
    return { x: x + (tremor / 2) * Math.sin(wave) + wanderX, y: y + (tremor / 2) * Math.cos(wave * 0.93) + wanderY, t };
  });
}

/** Where in a box a hand aims: about the middle, never quite. */
export function aim({ x, y, width, height }, random) {
  const within = (value, reach) => Math.max(-reach, Math.min(reach, value));
  // Wide fields are hit where the text begins, not in the middle.
  const towards = width > 120 ? -0.12 : 0;
  return {
    x: x + width * (0.5 + within(random.normal(towards, 0.15), 0.42)),
    y: y + height * (0.5 + within(random.normal(0.03, 0.14), 0.36)),
  };
}

/** Hands that type: the time between two keys, and how long one is down; medians in ms. */
export const TYPIST = { flight: 135, spread: 0.38, dwell: 88, dwellSpread: 0.24, typos: 0.03 };

const SHIFTED = '~!@#$%^&*()_+{}|:"<>?';
const NEIGHBOURS = {
  a: 's', e: 'r', i: 'o', l: 'k', n: 'm', o: 'p', q: 'w', s: 'd', t: 'r', u: 'y', z: 'x', 1: '2', 4: '5', 6: '5', 9: '8',
};

export function needsShift(character) {
  return SHIFTED.includes(character) || (character !== character.toLowerCase() && character === character.toUpperCase());
}

/** What the keys do, in order of time: {t, isDown, key}. */
export function keyStrokes(text, random, typist = TYPIST) {
  const events = [];
  const strike = (key, down, dwell) => events.push({ t: down, isDown: true, key }, { t: down + dwell, isDown: false, key });
  let t = 0;
  let last = '';
  let shiftedUntil = 0;
  const next = (character) => {
    // Alternating hands are quicker, the same key twice is quicker still, a symbol takes a look at the keyboard.
    const factor = character === last ? 0.85 : /[^a-z0-9 ]/i.test(character) ? 1.8 : 1;
    // People read a card in groups of four.
    const thought = /\d/.test(character) && random.chance(0.18) ? random.logNormal(280, 0.4) : 0;
    t += random.logNormal(typist.flight * factor, typist.spread) + thought;
    last = character;
  };
  const dwell = () => random.logNormal(typist.dwell, typist.dwellSpread);
  [...text].forEach((character, place) => {
    next(character);
    // A slip in the middle of a text; a field that is full would take the Backspace for another digit's.
    const slip = place > 1 && place < text.length - 4 && text.length > 8 && NEIGHBOURS[character];
    if (slip && random.chance(typist.typos)) {
      strike(slip, t, dwell());
      t += random.logNormal(320, 0.3);
      strike('Backspace', t, dwell());
      t += random.logNormal(210, 0.3);
    }
    const held = dwell();
    if (needsShift(character)) {
      const before = random.logNormal(Math.min(70, typist.flight), 0.3);
      const shifted = before + held * random.uniform(0.7, 1.3);
      strike('Shift', t, shifted);
      strike(character, t + before, held);
      // Whoever lets go of Shift too late writes the next one large: that wait is learned.
      t += Math.max(before, shifted - 0.6 * typist.flight);
      shiftedUntil = Math.max(t, events.at(-4).t + shifted);
    } else {
      t = Math.max(t, shiftedUntil + 2);
      strike(character, t, held);
    }
  });
  const inOrder = events.map((event, place) => ({ ...event, place })).sort((a, b) => a.t - b.t || a.place - b.place);
  return onceEach(inOrder);
}

/** A key that is still down cannot go down: it is let go just before. */
function onceEach(events) {
  const down = new Map();
  const kept = [];
  for (const event of events) {
    if (event.isDown && down.has(event.key)) {
      kept.push({ t: event.t, isDown: false, key: event.key });
      down.set(event.key, down.get(event.key) + 1);
    } else if (event.isDown) {
      down.set(event.key, 0);
    } else if (down.get(event.key) > 0) {
      down.set(event.key, down.get(event.key) - 1);
      continue;
    } else {
      down.delete(event.key);
    }
    kept.push(event);
  }
  return kept;
}
