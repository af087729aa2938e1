/**
 * What a model sees of readings, as ajar's server computes it. `view` stands in the model's manifest.json: `parts`, which say
 * what stands where in a reading, and `window`, how many readings make one look.
 */

/**
 * @param {number[][]} readings the newest last; fewer than the window are allowed, and of more the newest count
 * @returns {Float32Array} the input of the networks
 */
export function look(readings, { parts, window }) {
  const seen = readings.slice(-window).map((reading) => seenAs(Float32Array.from(reading), parts))
  if (window === 1) return seen.at(-1)
  const columns = []
  for (const [from, to] of ranges(parts)) {
    const over = (measure) => {
      for (let i = from; i < to; i++) columns.push(measure(seen.map((reading) => reading[i])))
    }
    over(mean)
    over((values) => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2))))
    over((values) => mean(values.slice(1).map((value, i) => Math.abs(value - values[i]))))
  }
  return Float32Array.from(columns)
}

/**
 * Phases without their jumps by whole turns, and without the straight line through them; a part called `amplitude` that is
 * as long as they are is divided by its mean, for receivers turn up their gain packet by packet.
 */
function seenAs(reading, parts) {
  const straight = Float32Array.from(reading)
  const all = ranges(parts)
  parts.forEach(({ kind, length }, k) => {
    if (kind !== 'phase') return
    const [from] = all[k]
    // A phase means nothing where the amplitude is 0.
    const beside = parts.findIndex(
      (part) => part.kind === 'value' && part.name === 'amplitude' && part.length === length,
    )
    const isDead = (i) => beside >= 0 && reading[all[beside][0] + i] === 0
    const places = Array.from({ length }, (_, i) => i).filter((i) => !isDead(i))
    const turn = 2 * Math.PI
    const phases = []
    for (const i of places) {
      const phase = reading[from + i]
      const before = phases.at(-1) ?? phase
      phases.push(phase - turn * Math.round((phase - before) / turn))
    }
    const [middle, level] = [mean(places), mean(phases)]
    const spread = places.reduce((sum, i) => sum + (i - middle) ** 2, 0)
    const slope = places.reduce((sum, i, n) => sum + (i - middle) * (phases[n] - level), 0) / (spread || 1)
    straight.fill(0, from, from + length)
    for (const [n, i] of places.entries()) straight[from + i] = phases[n] - level - slope * (i - middle)
    if (beside < 0) return
    const amplitudes = straight.subarray(...all[beside])
    const gain = mean(amplitudes)
    if (gain > 0) for (let i = 0; i < length; i++) amplitudes[i] /= gain
  })
  return straight
}

/** Where each part begins and ends. */
function ranges(parts) {
  let end = 0
  return parts.map(({ length }) => {
    end += length
    return [end - length, end]
  })
}

function mean(values) {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
