/** What whoever runs a task hands it beside its parameters. */
export type { Work } from '../src/tasks/runners/work.ts'

export type Params = Record<string, unknown>
