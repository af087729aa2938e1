import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { cameraFields } from '../src/capture/driver.ts'
import { drivers } from '../src/capture/drivers.ts'
import { Config } from '../src/config.ts'

/** The README's tables of what stands in the agent's config say what the schemas say. */

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const rowOf = (name: string) => README.split('\n').find((line) => line.startsWith(`| \`${name}\``)) ?? ''
/** Said for all drivers beneath the table. */
const OF_ALL = new Set([...Object.keys(cameraFields), 'driver', 'stallMs'])
/** `libcamera` is `rpicam` under another name, and its row says so. */
const SAME = new Map([['libcamera', 'rpicam']])

describe.each([...drivers])('driver $name', ({ name, config }) => {
  test('every option of its own stands in its row, and nothing that is none', () => {
    const taken = rowOf(SAME.get(name) ?? name).split('|')[3] ?? ''
    expect(rowOf(name)).not.toBe('')
    const options = Object.keys(config.properties).filter((field) => !OF_ALL.has(field))
    expect(options.filter((option) => !taken.includes(`\`${option}\``))).toEqual([])
    const named = [...taken.matchAll(/`(\w+)`/g)].map(([, word = '']) => word)
    const values = JSON.stringify(config)
    expect(named.filter((word) => !options.includes(word) && !values.includes(`"${word}"`))).toEqual([])
  })
})

test('every bound of the outbox stands in the table of long outages', () => {
  const section = README.slice(README.indexOf('### Long outages'), README.indexOf('### Sensors'))
  const bounds = Object.keys(Config.properties.outbox.properties)
  expect(bounds.filter((bound) => !section.includes(`\`${bound}\``))).toEqual([])
})
