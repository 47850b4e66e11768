// What the traces of one visitor say.

/** Within this many ms before it, an event is taken for another's cause. */
const NEAR = 300;

export function summary({ events, place }) {
  const of = (...types) => events.filter(({ type }) => types.includes(type));
  const trusted = (list) => list.filter((event) => event.trusted);
  return { ...placeOf(place), ...keys(of, trusted), ...inputs(events, of, trusted), ...focus(events, of), ...pointer(events, of, trusted) };
}

function placeOf(place) {
  const [x, y, innerWidth, innerHeight, outerWidth, outerHeight] = place.window;
  return {
    'navigator.webdriver': place.webdriver,
    'headless agent': /Headless/.test(place.agent + place.brands),
    brands: place.brands?.join('; '),
    media: place.media.join(' '),
    'window at, inner, outer': `${x},${y} ${innerWidth}x${innerHeight} ${outerWidth}x${outerHeight}`,
    screen: place.screen.join(' '),
    'plugins, touch points, notifications, focus': [place.plugins, place.touchPoints, place.notifications, place.hasFocus].join(' '),
    'pixel ratio, scale': `${place.ratio}, ${place.scale}`,
    'user activation: ever, now': place.activation.join(', '),
    'page open, s': (place.opened / 1000).toFixed(1),
  };
}

function keys(of, trusted) {
  const downs = trusted(of('keydown'));
  const dwells = [];
  const down = new Map();
  let rollovers = 0;
  for (const event of trusted(of('keydown', 'keyup'))) {
    const id = event.code || event.key;
    if (event.type === 'keydown') {
      if (down.size > 0 && ![...down.keys()].some((key) => /Shift|Control/.test(key))) rollovers += 1;
      if (!event.repeat) down.set(id, event.t);
    } else if (down.has(id)) {
      dwells.push(event.t - down.get(id));
      down.delete(id);
    }
  }
  const typed = downs.filter(({ key }) => key?.length === 1);
  const shifted = typed.filter(({ key }) => /[A-Z~!@#$%^&*()_+{}|:"<>?]/.test(key));
  return {
    'keydowns, untrusted': `${downs.length}, ${of('keydown').length - downs.length}`,
    'keyups, keypresses': `${trusted(of('keyup')).length}, ${trusted(of('keypress')).length}`,
    'keys never let go': down.size,
    'dwell ms': spread(dwells),
    'between keydowns ms': spread(gaps(downs.map(({ t }) => t)).filter((gap) => gap < 2000)),
    'keydowns while another is down': rollovers,
    'keys without a code; 229; Tab; Backspace': [
      downs.filter(({ code }) => !code).length, downs.filter(({ keyCode }) => keyCode === 229).length,
      downs.filter(({ key }) => key === 'Tab').length, downs.filter(({ key }) => key === 'Backspace').length,
    ].join('; '),
    'shifted characters, without Shift': `${shifted.length}, ${shifted.filter(({ shiftKey }) => !shiftKey).length}`,
    'keyup to next keydown ms': spread(releases(trusted(of('keydown', 'keyup'))).filter((gap) => gap < 2000)),
  };
}

/** From a key that goes up to the next that goes down: less than nothing where they overlap. */
function releases(strokes) {
  const downs = strokes.filter(({ type }) => type === 'keydown');
  return downs.slice(0, -1).flatMap((down, place) => {
    const up = strokes.find(({ type, code, now }) => type === 'keyup' && code === down.code && now >= down.now);
    return up ? [downs[place + 1].t - up.t] : [];
  });
}

function inputs(events, of, trusted) {
  const heard = trusted(of('input'));
  let keyless = 0;
  let hadKey = false;
  for (const { type, trusted: isTrusted } of events) {
    if (type === 'keydown' && isTrusted) hadKey = true;
    if (type !== 'input' || !isTrusted) continue;
    if (!hadKey) keyless += 1;
    hadKey = false;
  }
  const bySelf = trusted(of('input')).filter(({ data }) => data);
  return {
    'first to last trusted input s': bySelf.length ? ((bySelf.at(-1).now - bySelf[0].now) / 1000).toFixed(2) : '-',
    'inputs, untrusted': `${heard.length}, ${of('input').length - heard.length}`,
    'trusted inputs without a keydown': keyless,
    'inputs without beforeinput': Math.max(0, heard.length - trusted(of('beforeinput')).length),
    inputTypes: counted(heard.map(({ inputType }) => inputType || '(none)')),
    'longest trusted input': Math.max(0, ...heard.map(({ data }) => data?.length ?? 0)),
    'compositions, pastes': `${of('compositionstart').length}, ${of('paste').length}`,
    'untrusted events': counted(events.filter((event) => !event.trusted).map(({ type }) => type)),
    'hidden, blurred': `${of('visibilitychange').filter(({ state }) => state === 'hidden').length}, ${of('blur').length}`,
  };
}

function focus(events, of) {
  const causes = { pointer: 0, Tab: 0, nothing: 0 };
  for (const { now } of of('focusin')) {
    const before = events.filter((event) => event.trusted && event.now <= now && event.now > now - NEAR);
    if (before.some(({ type }) => /^(pointerdown|mousedown|touchend|click)$/.test(type))) causes.pointer += 1;
    else if (before.some(({ type, key }) => type === 'keydown' && key === 'Tab')) causes.Tab += 1;
    else causes.nothing += 1;
  }
  const moved = of('wheel', 'keydown', 'touchstart', 'focusin', 'pointerdown');
  const scrolls = of('scroll');
  const uncaused = scrolls.filter(({ now }) => !moved.some((event) => event.now <= now && event.now > now - 2 * NEAR));
  return {
    'focus by pointer, Tab, nothing': Object.values(causes).join(', '),
    'scrolls, without a cause; wheels': `${scrolls.length}, ${uncaused.length}; ${of('wheel').length}`,
  };
}

function pointer(events, of, trusted) {
  const downs = trusted(of('pointerdown'));
  const clicks = trusted(of('click'));
  const moves = trusted(of('pointermove'));
  const first = downs[0] ?? clicks[0];
  const jumps = [];
  const pauses = [];
  for (const down of downs) {
    const last = moves.filter((move) => move.now <= down.now).at(-1);
    jumps.push(last ? Math.hypot(last.clientX - down.clientX, last.clientY - down.clientY) : Infinity);
    if (last) pauses.push(down.t - last.t);
  }
  const holds = downs.map((down) => {
    const up = events.find(({ type, now, pointerId }) =>
      /^pointer(up|cancel)$/.test(type) && pointerId === down.pointerId && now >= down.now);
    return up?.type === 'pointerup' ? up.t - down.t : Infinity;
  });
  const overs = trusted(of('pointerover'));
  const offsets = new Set([...downs, ...moves].map((event) => `${event.screenX - event.clientX},${event.screenY - event.clientY}`));
  return {
    'pointermoves, before the first click': `${moves.length}, ${first ? moves.filter(({ now }) => now < first.now).length : '-'}`,
    'between pointermoves ms': spread(gaps(moves.map(({ t }) => t)).filter((gap) => gap < 150)),
    'moves of more than one event': `${moves.filter(({ coalesced }) => coalesced > 1).length} of ${moves.length}`,
    'pointerdowns, kinds': `${downs.length} ${counted(downs.map(({ pointerType }) => pointerType))}`,
    'jump to pointerdown px': jumps.map((jump) => (jump === Infinity ? 'no move' : Math.round(jump))).join(' '),
    'last move before it ms': pauses.map(Math.round).join(' '),
    'pointerover at the time of pointerdown': downs.filter((down) => overs.some(({ t }) => Math.abs(t - down.t) < 0.11)).length,
    'hold ms': spread(holds),
    pressure: counted(downs.map(({ pressure }) => pressure)),
    'aim x/y': downs.map(({ aimX = 0, aimY = 0 }) => `${aimX.toFixed(2)}/${aimY.toFixed(2)}`).join(' '),
    'clicks, untrusted, without pointerdown, detail 0': [
      clicks.length, of('click').length - clicks.length,
      clicks.filter(({ now }) => !downs.some((down) => down.now <= now && down.now > now - 5 * NEAR)).length,
      clicks.filter(({ detail }) => detail === 0).length,
    ].join(', '),
    'last click: detail pointerId capabilities': clicks.slice(-1)
      .map(({ detail, pointerId, capabilities }) => `${detail} ${pointerId} ${capabilities}`).join(''),
    'moves at fractions of a pixel': moves.filter(({ clientX, clientY }) => clientX % 1 || clientY % 1).length,
    'move heard after ms; keydown heard after ms': [moves, trusted(of('keydown'))]
      .map((list) => spread(list.map(({ now, t }) => now - t))).join('; '),
    'stamps on one grid of ms: pointer, keys': [[...moves, ...downs], trusted(of('keydown', 'keyup'))].map(onGrid).join(', '),
    'moves to where it was': moves.slice(1)
      .filter((move, place) => move.screenX === moves[place].screenX && move.screenY === moves[place].screenY).length,
    'screen minus client': [...offsets].slice(0, 4).join(' ') + (offsets.size > 4 ? ` … ${offsets.size}` : ''),
  };
}

/** The share of the stamps that have the most frequent fraction of a ms: 1 where they come in whole ms, about 0.1 elsewhere. */
function onGrid(list) {
  if (list.length < 5) return '-';
  const counts = {};
  for (const { t } of list) {
    const fraction = (Math.round(t * 10) % 10) / 10;
    counts[fraction] = (counts[fraction] ?? 0) + 1;
  }
  return (Math.max(...Object.values(counts)) / list.length).toFixed(2);
}

function gaps(times) {
  return times.slice(1).map((time, place) => time - times[place]);
}

function counted(list) {
  const counts = {};
  for (const entry of list) counts[entry] = (counts[entry] ?? 0) + 1;
  return Object.entries(counts).map(([entry, count]) => `${entry}:${count}`).join(' ');
}

/** Smallest, median, largest, and the coefficient of variation. */
function spread(list) {
  const finite = list.filter(Number.isFinite).sort((a, b) => a - b);
  if (finite.length === 0) return '-';
  const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
  const deviation = Math.sqrt(finite.reduce((sum, value) => sum + (value - mean) ** 2, 0) / finite.length);
  const short = (value) => Number(value.toFixed(value < 10 ? 1 : 0));
  return `${[finite[0], finite[Math.floor(finite.length / 2)], finite.at(-1)].map(short).join('/')} cv ${(deviation / (mean || 1)).toFixed(2)}`;
}
