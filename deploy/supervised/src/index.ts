/**
 * @ajar/supervised is how a process of ours tells whoever watches over it that it is ready, alive, or about to end.
 * `supervised.ts` beats; `supervisors.ts` lists who may watch, one file each.
 */
export { inheritedSockets } from './inherited-sockets.ts'
export { Supervised, type SupervisedOptions } from './supervised.ts'
