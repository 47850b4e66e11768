// Chromium as bots start it: as their tool does, or with every flag taken away that says so.

import puppeteer from 'puppeteer-core';
import { which } from '../lib/paths.js';

export const CHROMIUM = which('chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome');
export const FIREFOX = which('firefox-esr', 'firefox');
export const DEADLINE = 20_000;

export const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
export const FLAGS = ['--disable-gpu', '--disable-background-networking', '--disable-component-update', '--no-first-run', ...asRoot];

/** What takes the flags away. */
export const UNFLAGGED = [
  ...FLAGS, '--disable-blink-features=AutomationControlled', '--screen-info={1920x1080}', '--window-size=1400,960',
  '--window-position=120,40', '--lang=en-US',
  // Without a mouse at the machine, media queries would deny the one that moves.
  '--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4',
];

/** As Puppeteer starts it: `navigator.webdriver`, HeadlessChrome and all. */
export function launchPlain(options = {}) {
  return puppeteer.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS, ...options });
}

/**
 * As an attacker starts it who has read what pages look at: a debugging port and nothing of an automation tool's, no
 * `navigator.webdriver`, the user agent and client hints of a browser with a window, and a screen that holds that window.
 */
export function launchUnflagged({ headless = true, env, args = [] } = {}) {
  return puppeteer.launch({
    executablePath: CHROMIUM,
    headless,
    ...(env && { env }),
    defaultViewport: null,
    ignoreDefaultArgs: [
      '--enable-automation', '--disable-popup-blocking', '--disable-extensions', '--disable-default-apps',
      '--disable-component-extensions-with-background-pages', '--disable-client-side-phishing-detection',
    ],
    args: [...UNFLAGGED, ...args],
  });
}

/** A page of a browser without flags, with the same story in its user agent, its client hints and its requests' headers. */
export async function openUnflagged(browser, url, { isMobile = false } = {}) {
  const page = await browser.newPage();
  page.setDefaultTimeout(DEADLINE);
  const session = await page.createCDPSession();
  const version = (await browser.version()).replace(/.*\//, '');
  await disguise(session, version, isMobile);
  if (isMobile) {
    await session.send('Emulation.setDeviceMetricsOverride', {
      width: 412, height: 780, deviceScaleFactor: 2.625, mobile: true, screenWidth: 412, screenHeight: 915,
    });
    await session.send('Emulation.setTouchEmulationEnabled', { enabled: true, maxTouchPoints: 5 });
  }
  await page.goto(url, { waitUntil: 'load' });
  return { page, session };
}

/** A user agent and client hints that name no headless browser, by the protocol, whoever speaks it. */
export function disguise(session, version, isMobile = false) {
  return session.send('Emulation.setUserAgentOverride', isMobile ? phone(version) : desk(version));
}

function brands(version) {
  const [major] = version.split('.');
  const both = [['Chromium', version], ['Google Chrome', version], ['Not_A Brand', '24.0.0.0']];
  return {
    brands: both.map(([brand, full]) => ({ brand, version: full === version ? major : '24' })),
    fullVersionList: both.map(([brand, full]) => ({ brand, version: full })),
    fullVersion: version,
  };
}

function desk(version) {
  const [major] = version.split('.');
  return {
    userAgent: `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${major}.0.0.0 Safari/537.36`,
    acceptLanguage: 'en-US,en',
    platform: 'Linux x86_64',
    userAgentMetadata: {
      ...brands(version), platform: 'Linux', platformVersion: '6.8.0', architecture: 'x86', bitness: '64', model: '', mobile: false,
    },
  };
}

function phone(version) {
  const [major] = version.split('.');
  return {
    userAgent: `Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${major}.0.0.0 Mobile Safari/537.36`,
    acceptLanguage: 'en-US,en',
    platform: 'Linux armv81',
    userAgentMetadata: {
      ...brands(version), platform: 'Android', platformVersion: '15.0.0', architecture: '', bitness: '', model: 'Pixel 8', mobile: true,
    },
  };
}

/** Waits until the page that `url` names has been left for the next one. */
export async function leftBehind(url, where, deadline = DEADLINE) {
  const { pathname } = new URL(url);
  for (const end = Date.now() + deadline; ;) {
    const place = await where();
    if (place && new URL(place).pathname !== pathname) return;
    if (Date.now() > end) throw new Error(`waited ${deadline} ms in vain for the page after ${pathname}`);
    await new Promise((done) => { setTimeout(done, 50); });
  }
}

/** Runs a body with a browser, and closes that however the body ends. */
export async function withBrowser(launch, body) {
  const browser = await launch();
  try {
    return await body(browser);
  } finally {
    await browser.close().catch(() => browser.process()?.kill('SIGKILL'));
  }
}
