// Runs boxes as whoever starts it: its argument is a list of scripts as JSON; it prints what boxes here are, and what came of each.
import { boxOfMachine } from '../src/sandbox/machine.ts'
import { boxed, shell } from './boxed.ts'

const { users, missing, weak } = await boxOfMachine()
console.log(JSON.stringify({ users: users.kind, missing, weak: weak.map(({ what }) => what) }))
for (const script of JSON.parse(process.argv[2] as string) as string[]) {
  const limits = { memoryBytes: 64 * 1024 * 1024, processes: 10 }
  const { kept: _, ...end } = await boxed(shell(script), { limits })
  console.log(JSON.stringify(end))
}
