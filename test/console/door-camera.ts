import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { renderDoor } from '@ajar/edge-agent'
import { sha256 } from '../journeys/pictures.ts'
import type { System } from '../journeys/system.ts'

export const DEVICE = 'hall-pi'
export const CAMERA = `${DEVICE}/front-door`
export const STATES = ['closed', 'open'] as const

/** Pictures of one state after another before the door moves. */
const IN_A_ROW = 8
const PICTURES = 4 * IN_A_ROW
const INTERVAL_MS = 300
const DAY_MS = 600_000

/**
 * A real agent whose camera sees a rendered door that moves every 2.4 s, around and around.
 * @returns the state that a stored frame shows, by its sha256
 */
export async function startDoorCamera(system: System): Promise<Map<string, string>> {
  const folder = join(system.folder, 'pictures')
  await mkdir(folder)
  const truth = new Map<string, string>()
  for (let i = 0; i < PICTURES; i++) {
    const state = STATES[Math.floor(i / IN_A_ROW) % STATES.length] ?? 'closed'
    // The bright hours of a rendered day.
    const atMs = DAY_MS * (0.35 + (0.3 * i) / PICTURES)
    const jpeg = await renderDoor({ seed: 3, atMs, state, width: 640, height: 360, dayMs: DAY_MS })
    await writeFile(join(folder, `${String(i).padStart(3, '0')}.jpg`), jpeg)
    truth.set(sha256(jpeg), state)
  }
  const config = {
    device: DEVICE,
    token: await system.addDevice(DEVICE),
    server: system.server.mqtt,
    dataDir: join(system.folder, 'agent'),
    cameras: [{ name: 'front-door', driver: 'folder', path: folder, intervalMs: INTERVAL_MS, loop: true }],
  }
  const file = join(system.folder, 'agent.json')
  await writeFile(file, JSON.stringify(config))
  system.startAgent(file)
  return truth
}
