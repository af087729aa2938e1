import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { dashboards } from '../src/dashboards.ts'

const FOLDER = new URL('../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, FOLDER), 'utf8')
const made = Object.entries(dashboards()).map(([name, json]) => ({ name, json, dashboard: JSON.parse(json) }))

interface Place {
  x: number
  y: number
  w: number
  h: number
}

test('the dashboards are what the generator gives: `npm run dashboards` writes them', () => {
  expect(readdirSync(new URL('dashboards', FOLDER)).sort()).toEqual(made.map(({ name }) => name).sort())
  for (const { name, json } of made) expect(read(`dashboards/${name}`), name).toBe(json)
})

test('the data source that is provisioned is the one that dashboards take', () => {
  const uid = /uid: (\S+)/.exec(read('provisioning/datasources/ajar.yaml'))?.[1]
  for (const { dashboard } of made) expect(dashboard.templating.list[0].current.value).toBe(uid)
  expect(uid).toBeTruthy()
})

test('links lead to dashboards that are there', () => {
  const uids = made.map(({ dashboard }) => dashboard.uid)
  const linked = made.flatMap(({ json }) => [...json.matchAll(/"\/d\/([a-z-]+)\?/g)].map(([, uid]) => uid))
  expect(new Set(uids).size).toBe(made.length)
  expect(linked.length).toBeGreaterThan(0)
  for (const uid of linked) expect(uids).toContain(uid)
})

test.each(made)('the panels of $name have ids, say what they show, and do not lie on each other', ({ dashboard }) => {
  const panels: { id: number; type: string; title: string; description?: string; gridPos: Place }[] = dashboard.panels
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  for (const { title, description, type, gridPos } of panels) {
    expect(title).not.toBe('')
    if (type !== 'row') expect(description, title).toMatch(/./)
    expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24)
  }
  const overlapping = panels.flatMap((one, index) =>
    panels.slice(index + 1).flatMap((other) => (overlap(one.gridPos, other.gridPos) ? [[one.title, other.title]] : [])),
  )
  expect(overlapping).toEqual([])
})

const overlap = (a: Place, b: Place) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
