/** The pages of the console, and the addresses they stand at. */
export type Route =
  | { page: 'wall' }
  | { page: 'camera'; device: string; camera: string }
  | { page: 'teach'; device: string; camera: string }
  | { page: 'models'; device: string; camera: string }
  | { page: 'model'; device: string; camera: string; version: number }
  | { page: 'alerts' }
  | { page: 'devices' }
  | { page: 'logs' }
  | { page: 'processes' }
  | { page: 'sign-in' }
  | { page: 'missing' }

const NAME = '([a-z0-9][a-z0-9-]{0,31})'
const OF_CAMERA = new RegExp(`^/(camera|teach|models)/${NAME}/${NAME}$`)
const OF_MODEL = new RegExp(`^/models/${NAME}/${NAME}/([1-9][0-9]{0,8})$`)

/** @param path of an address, without its query */
export function routeOf(path: string): Route {
  const plain = path.length > 1 ? path.replace(/\/+$/, '') : path
  if (plain === '/') return { page: 'wall' }
  if (plain === '/alerts') return { page: 'alerts' }
  if (plain === '/devices') return { page: 'devices' }
  if (plain === '/logs') return { page: 'logs' }
  if (plain === '/processes') return { page: 'processes' }
  if (plain === '/sign-in') return { page: 'sign-in' }
  return ofCamera(plain) ?? ofModel(plain) ?? { page: 'missing' }
}

function ofCamera(path: string): Route | null {
  const [, page, device, camera] = OF_CAMERA.exec(path) ?? []
  if (!device || !camera) return null
  return { page: page as 'camera' | 'teach' | 'models', device, camera }
}

function ofModel(path: string): Route | null {
  const [, device, camera, version] = OF_MODEL.exec(path) ?? []
  return device && camera ? { page: 'model', device, camera, version: Number(version) } : null
}

export const ALERTS_PATH = '/alerts'
export const PROCESSES_PATH = '/processes'
/** @param camera `device/camera` */
export const cameraPath = (camera: string) => `/camera/${camera}`
/** @param camera `device/camera` */
export const teachPath = (camera: string) => `/teach/${camera}`
/** @param camera `device/camera` */
export const modelsPath = (camera: string) => `/models/${camera}`
/** @param model `device/camera@version` */
export const modelPath = (model: string) => `/models/${model.replace('@', '/')}`
