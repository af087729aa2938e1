import { expect, test } from 'vitest'
import { cameraPath, modelPath, modelsPath, routeOf, teachPath } from '../src/router/route.ts'

test.each([
  ['/', { page: 'wall' }],
  ['/devices', { page: 'devices' }],
  ['/devices/', { page: 'devices' }],
  ['/alerts', { page: 'alerts' }],
  ['/programs', { page: 'programs' }],
  ['/logs', { page: 'logs' }],
  ['/releases', { page: 'releases' }],
  ['/sign-in', { page: 'sign-in' }],
  [cameraPath('pi/front-door'), { page: 'camera', device: 'pi', camera: 'front-door' }],
  [teachPath('pi/front-door'), { page: 'teach', device: 'pi', camera: 'front-door' }],
  [modelsPath('pi/front-door'), { page: 'models', device: 'pi', camera: 'front-door' }],
  [modelPath('pi/front-door@12'), { page: 'model', device: 'pi', camera: 'front-door', version: 12 }],
])('%s', (path, route) => expect(routeOf(path)).toEqual(route))

test.each([
  '/camera/pi',
  '/camera/pi/cam/more',
  '/models/pi/cam/0',
  '/models/pi/cam/1/2',
  '/models/pi/cam/one',
  '/camera/Pi/cam',
  '/camera/pi/..',
  '/other',
  '/api/cameras',
])('%s is no page', (path) => expect(routeOf(path)).toEqual({ page: 'missing' }))
