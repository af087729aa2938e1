import type { StatsFs } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { Type } from 'typebox'
import { AgentError } from '../../failure.ts'
import { every, sensorDriver, sensorFields } from '../driver.ts'

/** What has not been answered yet, by path. */
const asked = new Map<string, Promise<Room>>()

/** As much as we use of what statfs(2) tells, in blocks. */
export type Room = Pick<StatsFs, 'blocks' | 'bfree' | 'bavail'>

/**
 * A file system of the network that is gone does not answer, and holds one of Node's four threads for files as long: it is
 * asked once, however often the sensor is tried again.
 */
function askOnce(path: string): Promise<Room> {
  const asking = asked.get(path) ?? statfs(path).finally(() => asked.delete(path))
  asked.set(path, asking)
  return asking
}

/** How full a file system is in %, as `df` says it. */
export const disk = sensorDriver({
  name: 'disk',
  unit: '%',
  config: Type.Object(
    {
      ...sensorFields,
      driver: Type.Literal('disk'),
      path: Type.Optional(
        Type.String({ minLength: 1, description: "a path on the file system; left out: the agent's data folder" }),
      ),
    },
    { additionalProperties: false },
  ),
  isHere: async () => true,
  open: ({ path, intervalMs }, context) =>
    every(intervalMs, context, () => readDiskUse(path ?? context.dataDir, askOnce)),
})

/** @returns % to 0.1 of what others than root can use; rejects with the system's error, or `bad_reading` for one without size */
export async function readDiskUse(path: string, ask: (path: string) => Promise<Room> = statfs): Promise<number> {
  const { blocks, bfree, bavail } = await ask(path)
  const used = blocks - bfree
  if (used + bavail <= 0) throw new AgentError('bad_reading', 'environment', `the file system of ${path} has no size`)
  return Math.round((used / (used + bavail)) * 1000) / 10
}
