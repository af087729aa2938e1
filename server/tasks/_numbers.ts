import { Refusal } from './_refusal.ts'
import type { Params } from './_work.ts'

/**
 * A parameter that is a number. A text that is one is taken for it: older clients send what was typed into a form.
 * @returns undefined where it is left out, null or empty
 */
export function numberOf(params: Params, name: string): number | undefined {
  const value = params[name]
  if (value === undefined || value === null || value === '') return undefined
  const number = typeof value === 'string' ? Number(value) : value
  if (typeof number === 'number' && Number.isFinite(number)) return number
  throw new Refusal(`${name} is ${JSON.stringify(value)}: it has to be a number`)
}

/** The same, where a word stands for what is found out. @returns undefined for the word too */
export function numberOr(word: string, params: Params, name: string): number | undefined {
  if (params[name] === word) return undefined
  try {
    return numberOf(params, name)
  } catch {
    throw new Refusal(`${name} is ${JSON.stringify(params[name])}: it has to be a number or "${word}"`)
  }
}

/** A parameter that is a whole number of at least 1. */
export function countOf(value: number, name: string, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value
  throw new Refusal(`${name} is ${value}: it has to be a whole number from 1 to ${most}`)
}

/**
 * A number as text in the shortest form that is read back as the same number, written as Python does: `3554.0`, `1e+16`,
 * `1e-05`, `nan`. Clients of these tasks compare such texts.
 */
export function pythonText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (Object.is(value, -0)) return '-0.0'
  if (value === 0) return '0.0'
  const [digits = '', power = '0'] = value.toExponential().split('e')
  const exponent = Number(power)
  if (exponent < -4 || exponent >= 16)
    return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  const text = plain(digits, exponent)
  return text.includes('.') ? text : `${text}.0`
}

/** Without an exponent, which JavaScript begins to write elsewhere than Python. */
function plain(digits: string, exponent: number): string {
  const sign = digits.startsWith('-') ? '-' : ''
  const figures = digits.replace('-', '').replace('.', '')
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${figures}`
  const whole = figures.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  const rest = figures.slice(exponent + 1)
  return `${sign}${whole}${rest ? `.${rest}` : ''}`
}
