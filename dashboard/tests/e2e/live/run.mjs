// `npm run e2e:live`: the flows on the real program, in English and in Arabic.
import { launch } from '../browser.mjs';
import { startBarid } from './barid.mjs';
import * as flows from './flows.mjs';

const FLOWS = [
  ['en', 'every page', flows.everyPage],
  ['en', 'start-up', flows.startUp],
  ['en', 're-send', flows.resend],
  ['ar', 're-send', flows.resend],
  ['en', 'retry', flows.retryOne],
  ['en', 'bulk cancel', flows.cancelMany],
  ['en', 'redrive', flows.redrive],
  ['ar', 'review', flows.review],
  ['en', 'limited user', flows.limitedUser],
  ['en', 'first sign-in', flows.firstSignIn],
  ['en', 'hostile texts', flows.hostileTexts],
  ['ar', 'every page', flows.everyPage],
];

const only = process.argv[2] ?? '';
const barid = await startBarid();
const browser = await launch();
let failed = 0;
try {
  const visitors = {};
  for (const language of ['en', 'ar']) {
    visitors[language] = await flows.Visitor.arrive(browser, barid, { language });
    await visitors[language].signIn();
  }
  for (const [language, name, flow] of FLOWS) {
    if (!`${name} ${language}`.includes(only)) continue;
    const visitor = visitors[language];
    visitor.failures.length = 0;
    try {
      await flow(visitor, browser);
      console.log(`ok      ${name} (${language})`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${name} (${language}): ${error.stack}`);
      if (process.env['BARID_E2E_SHOTS']) {
        await visitor.page.screenshot({ path: `${process.env['BARID_E2E_SHOTS']}/${name}.${language}.png` });
      }
    }
  }
} finally {
  await browser.close();
  await barid.stop();
}
console.log(failed === 0 ? 'all flows held' : `${failed} flows failed`);
process.exitCode = failed === 0 ? 0 : 1;
