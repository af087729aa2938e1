import { Type } from 'typebox'
import { instantOf } from '../../clock.ts'
import { DAY_MS } from '../../door/truth.ts'
import { cameraFields, driver } from '../driver.ts'

/** Renders a door that swings, day and night: for the demo and for tests, since the truth of every frame is known. */
export const synthetic = driver({
  name: 'synthetic',
  pacedByInterval: true,
  config: Type.Object(
    {
      ...cameraFields,
      driver: Type.Literal('synthetic'),
      seed: Type.Integer({ minimum: 0, maximum: 0x7fffffff, default: 1, description: 'which door' }),
      width: Type.Integer({ minimum: 64, maximum: 1920, default: 640 }),
      height: Type.Integer({ minimum: 64, maximum: 1080, default: 360 }),
      dayMs: Type.Integer({ minimum: 60_000, maximum: 86_400_000, default: DAY_MS, description: 'length of a day' }),
    },
    { additionalProperties: false },
  ),

  async *open({ seed, width, height, dayMs, intervalMs }, { clock, signal }) {
    // Loaded here: making its grain is a third of an agent's start, and most agents draw no door.
    const { renderDoor } = await import('../../door/render.ts')
    while (!signal.aborted) {
      const takenAt = instantOf(clock)
      yield { jpeg: await renderDoor({ seed, atMs: takenAt.wallMs, width, height, dayMs }), takenAt, source: null }
      await clock.sleep(Math.max(0, intervalMs - (clock.monotonic() - takenAt.monotonicMs)), signal)
    }
  },
})
