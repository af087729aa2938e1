/**
 * @ajar/redeploy replaces the release that runs by another one, and goes back by itself where that one is no good. It is a
 * process of its own: a unit of systemd or a child of the watchdog, never of the server.
 *
 * - `step-names.ts` lists the steps; `steps/` holds each; `host.ts` is whoever starts the processes.
 * - `home/home.ts` says where everything lies, `home/run.ts` how a redeploy tells how far it is, `requests/request.ts` how one is
 *   asked for.
 */
export { writeDurably } from './home/durable.ts'
export { type Home, homeAt } from './home/home.ts'
export type { Run, RunLine } from './home/run.ts'
export type { Host, PrintedSpan, Rehearsal, RehearseOptions, ServerProcess } from './host.ts'
export type { Answer, Request } from './requests/request.ts'
export type { RedeploySettings } from './settings.ts'
export { RedeployError, type Step, type StepContext } from './step.ts'
export { STEPS, type StepName } from './step-names.ts'
