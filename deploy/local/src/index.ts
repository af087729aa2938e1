/**
 * @ajar/local runs the whole system on one machine. `start.ts` is `npm start`, `replay.ts` is `npm run replay`; tests use
 * the same parts: `src/processes.ts` starts our processes, `src/api.ts` calls the server (`src/secure-fetch.ts` over TLS),
 * `src/teach.ts` teaches a camera.
 * `src/for-others.ts` knows where other machines reach it. The demo is `src/demo.ts`; `src/demo-keys.ts` is what it keeps from start to start.
 * `src/releases/checkout.ts` says how a checkout is.
 */
export { Api, ApiError, type HttpAddress, type Job } from './api.ts'
export { DEMO_CAMERA, DEMO_DEVICE } from './demo.ts'
export {
  type LaunchedServer,
  launchServer,
  type MachineLine,
  Process,
  type ProcessOptions,
  type RunningServer,
  startAgent,
  startServer,
} from './processes.ts'
export { CHECKOUT, fingerprintOf } from './releases/checkout.ts'
export { type LabelledPicture, type Lesson, teach } from './teach.ts'
