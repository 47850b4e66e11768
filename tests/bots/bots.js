// Bots at a checkout, each with the tool that such a bot is made of.
//
// `run(url, {values, submit})` opens a browser, fills in the fields that the selectors of `values` name (` >>> ` leads into
// a shadow root), submits in the manner of the tool, waits for the next page, and closes the browser. `missing` says why one
// cannot be had here; `mayBeMissing`, that it is no fault.

import { which } from '../lib/paths.js';
import { FIREFOX } from './chromium.js';
import { missing as noDesktop } from './desktop.js';
import { humanLike } from './humanlike.js';
import { naive } from './naive.js';

const NEEDS = {
  'Selenium sendKeys': { missing: which('chromedriver') ? undefined : 'chromedriver is not installed: apt-get install chromium-driver' },
  'Firefox BiDi type': { missing: FIREFOX ? undefined : 'Firefox is not installed: apt-get install firefox-esr' },
  'a hand at a desktop': { missing: noDesktop, mayBeMissing: true },
};

const all = (bots, kind) => Object.entries(bots).map(([name, run]) => ({ name, kind, run, ...NEEDS[name] }));

export const BOTS = [...all(naive, 'naive'), ...all(humanLike, 'human-like')];
