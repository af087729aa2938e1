const TURN = 2 * Math.PI

/**
 * Phases of neighbouring subcarriers without their jumps by whole turns, and without the straight line through them: what
 * the clocks of sender and receiver are apart adds the same to all phases and a slope over the subcarriers, new ones with
 * every packet, and neither says anything of the room (Sen and others 2012, "You are facing the Mona Lisa").
 * @param phases in radians
 * @param isDead whether nothing was received at an index, for a phase of nothing is a number of no meaning
 * @returns radians around 0; 0 where it is dead
 */
export function straightened(phases: ArrayLike<number>, isDead: (index: number) => boolean): Float32Array {
  const live = Array.from({ length: phases.length }, (_, i) => i).filter((i) => !isDead(i))
  const unwrapped = new Float64Array(live.length)
  let turns = 0
  live.forEach((index, i) => {
    const phase = phases[index] as number
    if (i > 0) turns -= Math.round((phase + turns * TURN - (unwrapped[i - 1] as number)) / TURN)
    unwrapped[i] = phase + turns * TURN
  })
  const middle = meanOf(live)
  const level = meanOf(unwrapped)
  let [along, across] = [0, 0]
  live.forEach((index, i) => {
    along += (index - middle) * ((unwrapped[i] as number) - level)
    across += (index - middle) ** 2
  })
  const slope = across > 0 ? along / across : 0
  const straight = new Float32Array(phases.length)
  live.forEach((index, i) => {
    straight[index] = (unwrapped[i] as number) - level - slope * (index - middle)
  })
  return straight
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i] as number
  return values.length > 0 ? sum / values.length : 0
}
