import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { readBackbone } from '../src/backbone/graph.ts'
import { BACKBONES } from '../src/index.ts'

test.for(BACKBONES)('the weights of %s are those its NOTICE names, and every one is used once', async (id) => {
  const folder = new URL(`../weights/${id}/`, import.meta.url)
  const bytes = await readFile(new URL('weights.bin', folder))
  const notice = await readFile(new URL('NOTICE', folder), 'utf8')
  expect(notice).toContain(`weights.bin here: sha256 ${createHash('sha256').update(bytes).digest('hex')}`)

  const { graph, weights } = await readBackbone(id)
  let next = 0
  for (const layer of graph.layers) {
    if (layer.kind === 'add') continue
    for (const { shape, at } of [layer.filter, layer.bias]) {
      expect(at, layer.name).toBe(next)
      next += shape.reduce((product, n) => product * n, 1)
    }
  }
  expect(next).toBe(weights.length)
})
