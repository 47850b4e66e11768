// Bots that do not hide: what a tool does when one just asks it to fill in a form.
//
// With `isHidden`, their browsers do not say that they are driven or have no window. What the tools do stays as it is.

import { setTimeout as sleep } from 'node:timers/promises';
import puppeteer from 'puppeteer-core';
import { chromium } from 'playwright-core';
import { Builder, By } from 'selenium-webdriver';
import { Options, ServiceBuilder } from 'selenium-webdriver/chrome.js';
import { which } from '../lib/paths.js';
import {
  CHROMIUM, DEADLINE, FIREFOX, FLAGS, UNFLAGGED, disguise, launchPlain, launchUnflagged, leftBehind, openUnflagged, withBrowser,
} from './chromium.js';
import { ANNOUNCE, ASSIGN, FIND, PLAY } from './synthetic.js';

/** Playwright looks into shadow roots by itself, wanted or not. */
const inPlaywright = (selector) => (selector.includes(' >>> ') ? selector.replaceAll(' >>> ', ' ') : `css:light=${selector}`);

function playwright(fill) {
  return (url, { values, submit, isHidden }) => {
    const hidden = { ignoreDefaultArgs: ['--enable-automation'], args: UNFLAGGED };
    const launch = () => chromium.launch({ executablePath: CHROMIUM, args: FLAGS, ...(isHidden && hidden) });
    return withBrowser(launch, async (browser) => {
      const page = await browser.newPage(isHidden && { viewport: null });
      if (isHidden) await disguise(await page.context().newCDPSession(page), browser.version());
      page.setDefaultTimeout(DEADLINE);
      await page.goto(url);
      for (const [selector, text] of Object.entries(values)) await fill(page.locator(inPlaywright(selector)), text);
      await page.locator(inPlaywright(submit)).click();
      await leftBehind(url, () => page.url());
    });
  };
}

function withPuppeteer(fill) {
  return (url, { values, submit, isHidden }) => withBrowser(isHidden ? launchUnflagged : launchPlain, async (browser) => {
    const { page } = await (isHidden ? openUnflagged : openPlain)(browser, url);
    await fill(page, values, submit);
    await leftBehind(url, () => page.evaluate('location.href').catch(() => undefined));
  });
}

async function openPlain(browser, url) {
  const page = await browser.newPage();
  page.setDefaultTimeout(DEADLINE);
  await page.goto(url, { waitUntil: 'load' });
  return { page };
}

const typing = (delay) => async (page, values, submit) => {
  for (const [selector, text] of Object.entries(values)) await page.type(selector, text, { delay });
  await page.click(submit);
};

const scripted = (script) => withPuppeteer(async (page, values, submit) => {
  // Who submits a form before its page has finished starting up is turned away.
  await sleep(700);
  // The page that such a script leaves takes the answer to its call with it.
  await page.evaluate(`(${script})(${JSON.stringify(values)}, ${JSON.stringify(submit)})`).catch(() => {});
});

async function selenium(url, { values, submit, isHidden }) {
  const options = new Options().addArguments('--headless=new', ...(isHidden ? UNFLAGGED : FLAGS)).setChromeBinaryPath(CHROMIUM);
  if (isHidden) options.excludeSwitches('enable-automation');
  const service = new ServiceBuilder(which('chromedriver'));
  const driver = await new Builder().forBrowser('chrome').setChromeOptions(options).setChromeService(service).build();
  try {
    if (isHidden) {
      const version = (await driver.getCapabilities()).get('browserVersion');
      await disguise({ send: (method, parameters) => driver.sendDevToolsCommand(method, parameters) }, version);
    }
    await driver.get(url);
    const find = (selector) => (selector.includes(' >>> ')
      ? driver.executeScript(`return (${FIND})(arguments[0])`, selector)
      : driver.findElement(By.css(selector)));
    for (const [selector, text] of Object.entries(values)) await (await find(selector)).sendKeys(text);
    await (await find(submit)).click();
    await leftBehind(url, () => driver.getCurrentUrl());
  } finally {
    await driver.quit();
  }
}

/** No tool but the protocol: the focus by DOM.focus, the whole text at once, a press at the middle of the button. */
const bareProtocol = withPuppeteer(async (page, values, submit) => {
  const session = await page.createCDPSession();
  const idOf = async (selector) => {
    const { result } = await session.send('Runtime.evaluate', { expression: `(${FIND})(${JSON.stringify(selector)})` });
    return { objectId: result.objectId };
  };
  for (const [selector, text] of Object.entries(values)) {
    await session.send('DOM.focus', await idOf(selector));
    await session.send('Input.insertText', { text });
  }
  const button = await idOf(submit);
  await session.send('DOM.scrollIntoViewIfNeeded', button);
  const { model } = await session.send('DOM.getBoxModel', button);
  const [left, top, right, , , bottom] = model.border;
  const press = { x: (left + right) / 2, y: (top + bottom) / 2, button: 'left', clickCount: 1 };
  await session.send('Input.dispatchMouseEvent', { type: 'mousePressed', ...press });
  await session.send('Input.dispatchMouseEvent', { type: 'mouseReleased', ...press }).catch(() => {});
});

const launchFirefox = () => puppeteer.launch({
  browser: 'firefox',
  executablePath: FIREFOX,
  headless: true,
  extraPrefsFirefox: { 'network.captive-portal-service.enabled': false, 'network.connectivity-service.enabled': false },
});

function firefox(url, { values, submit, isHidden }) {
  return withBrowser(launchFirefox, async (browser) => {
    const page = await browser.newPage();
    page.setDefaultTimeout(DEADLINE);
    if (isHidden) {
      await page.evaluateOnNewDocument(() => { Object.defineProperty(Navigator.prototype, 'webdriver', { get: () => false }); });
    }
    await page.goto(url, { waitUntil: 'load' });
    await typing(0)(page, values, submit);
    await leftBehind(url, () => page.evaluate('location.href').catch(() => undefined));
  });
}

export const naive = {
  'Playwright fill': playwright((field, text) => field.fill(text)),
  'Playwright pressSequentially': playwright((field, text) => field.pressSequentially(text)),
  'Playwright pressSequentially, 80 ms': playwright((field, text) => field.pressSequentially(text, { delay: 80 })),
  'Puppeteer type': withPuppeteer(typing(0)),
  'Puppeteer type, 80 ms': withPuppeteer(typing(80)),
  'Selenium sendKeys': selenium,
  'CDP Input.insertText': bareProtocol,
  'script: value, requestSubmit': scripted(ASSIGN),
  'script: setter, input, change, click': scripted(ANNOUNCE),
  'script: all events, human times': scripted(PLAY),
  'Firefox BiDi type': firefox,
};
