// Runs in the page.

/** Keeps every event that speaks of a visitor, and adds them to what the form posts. */
export function listen() {
  const events = [];
  const name = (node) => node?.id || node?.nodeName?.toLowerCase() || 'window';
  const keep = (event) => {
    const [target] = event.composedPath();
    const kept = { type: event.type, t: event.timeStamp, now: performance.now(), trusted: event.isTrusted, target: name(target) };
    for (const member of [
      'key', 'code', 'keyCode', 'repeat', 'shiftKey', 'location', 'inputType', 'data', 'pointerType', 'pointerId', 'detail', 'buttons',
      'pressure', 'width', 'movementX', 'movementY', 'clientX', 'clientY', 'screenX', 'screenY', 'deltaX', 'deltaY', 'deltaMode',
      'wheelDeltaY', 'isComposing',
    ]) {
      if (event[member] !== undefined) kept[member] = event[member];
    }
    if (event.type === 'keydown' && event.getModifierState) {
      kept.locks = ['CapsLock', 'NumLock'].filter((lock) => event.getModifierState(lock)).join();
    }
    if (event.getCoalescedEvents) kept.coalesced = event.getCoalescedEvents().length;
    if ('sourceCapabilities' in event) kept.capabilities = event.sourceCapabilities ? event.sourceCapabilities.firesTouchEvents : null;
    if (/^(pointerdown|click)$/.test(event.type) && target.getBoundingClientRect) {
      const { x, y, width, height } = target.getBoundingClientRect();
      Object.assign(kept, { aimX: (event.clientX - x) / width, aimY: (event.clientY - y) / height });
    }
    if (event.type === 'visibilitychange') kept.state = document.visibilityState;
    if (target.value !== undefined && /^(input|change)$/.test(event.type)) kept.length = target.value.length;
    events.push(kept);
  };
  for (const type of [
    'keydown', 'keypress', 'keyup', 'beforeinput', 'input', 'change', 'compositionstart', 'compositionupdate', 'compositionend', 'focusin',
    'focusout', 'pointerover', 'pointermove', 'pointerdown', 'pointerup', 'pointercancel', 'mousemove', 'mousedown', 'mouseup', 'click',
    'dblclick', 'touchstart', 'touchend', 'wheel', 'scroll', 'paste', 'copy', 'submit', 'visibilitychange',
  ]) document.addEventListener(type, keep, { capture: true, passive: true });
  for (const type of ['focus', 'blur']) window.addEventListener(type, (event) => { if (event.target === window) keep(event); });

  const media = (...queries) => queries.filter((query) => matchMedia(`(${query})`).matches);
  document.forms[0].addEventListener('formdata', ({ formData }) => {
    const place = {
      webdriver: navigator.webdriver,
      agent: navigator.userAgent,
      brands: navigator.userAgentData?.brands.map(({ brand, version }) => `${brand} ${version}`),
      languages: navigator.languages,
      plugins: navigator.plugins.length,
      touchPoints: navigator.maxTouchPoints,
      media: media('hover: hover', 'any-hover: hover', 'pointer: fine', 'pointer: coarse', 'any-pointer: fine', 'any-pointer: coarse'),
      window: [screenX, screenY, innerWidth, innerHeight, outerWidth, outerHeight],
      screen: [screen.width, screen.height, screen.availWidth, screen.availHeight],
      hasFocus: document.hasFocus(),
      notifications: globalThis.Notification?.permission,
      ratio: devicePixelRatio,
      scale: visualViewport?.scale,
      activation: navigator.userActivation ? [navigator.userActivation.hasBeenActive, navigator.userActivation.isActive] : [],
      opened: performance.now(),
    };
    formData.append('traces', JSON.stringify({ events, place }));
  });
}
