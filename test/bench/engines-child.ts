import { openEngine } from '@ajar/models'

/** One engine with one backbone in a process of its own, so that its memory is its own; embeds when told to. */
const [engineName, backbone] = process.argv.slice(2)
const engine = await openEngine({ engine: engineName as 'wasm', backbone: backbone as string })
const rgb = Uint8Array.from({ length: 224 * 224 * 3 }, (_, i) => (i * 7919) % 256)

process.on('message', async (frames: number) => {
  const started = performance.now()
  for (let i = 0; i < frames; i++) await engine.embed(rgb)
  const msPerFrame = (performance.now() - started) / frames
  process.send?.({ msPerFrame, peakRssMb: process.resourceUsage().maxRSS / 1024 })
})
process.send?.('ready')
