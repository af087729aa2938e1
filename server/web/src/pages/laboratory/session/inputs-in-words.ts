import type { Entry } from '../../../api/laboratory-bodies.ts'
import { counted } from '../../../design/words.ts'
import { entryInWords, isQuery } from '../entries.ts'

const NAMED = 2

/** What an operation was told, in a line: `12 pictures; percentile 50; mode mean`. */
export function inputsInWords(data: Record<string, unknown>): string {
  const words = Object.entries(data).map(([name, value]) => {
    if (Array.isArray(value)) return filesInWords(value)
    return value === null || typeof value === 'object' ? '' : `${name.replaceAll('_', ' ')} ${value}`
  })
  return words.filter((one) => one !== '').join('; ')
}

function filesInWords(files: unknown[]): string {
  const entries = files.filter(isEntry)
  if (entries.length <= NAMED) return entries.map(entryInWords).join(' and ')
  const queries = entries.filter(isQuery)
  const pictures = counted(entries.length - queries.length, 'picture')
  return [pictures, ...queries.map(entryInWords)].join(' and ')
}

function isEntry(value: unknown): value is Entry {
  return value !== null && typeof value === 'object' && ('basename' in value || 'query' in value)
}
