import { expect, test } from 'vitest'
import { Giving } from '../src/pages/camera/giving.ts'

test('several cameras take something over one after the other; what one refuses, the next still gets', async () => {
  const order: string[] = []
  const giving = new Giving(async (camera) => {
    order.push(camera)
    expect(giving.gifts.value.filter(({ state }) => state === 'under way')).toEqual([{ camera, state: 'under way' }])
    if (camera === 'pi/b') throw new Error('it has labels of other states')
  })
  await giving.giveTo(['pi/a', 'pi/b', 'pi/c'])
  expect(order).toEqual(['pi/a', 'pi/b', 'pi/c'])
  expect(giving.gifts.value).toEqual([
    { camera: 'pi/a', state: 'given' },
    { camera: 'pi/b', state: 'refused', why: 'it has labels of other states' },
    { camera: 'pi/c', state: 'given' },
  ])
})
