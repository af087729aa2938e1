/** The pages of the console, and the addresses they stand at. */
export type Route =
  | { page: 'wall' }
  | { page: 'camera'; device: string; camera: string }
  | { page: 'teach'; device: string; camera: string }
  | { page: 'models'; device: string; camera: string }
  | { page: 'model'; device: string; camera: string; version: number }
  | { page: 'sensor'; device: string; sensor: string }
  | { page: 'doors'; door?: string }
  | { page: 'alerts' }
  | { page: 'devices' }
  | LaboratoryRoute
  | TasksRoute
  | { page: 'programs' }
  | { page: 'logs' }
  | { page: 'processes' }
  | { page: 'releases' }
  | { page: 'sign-in' }
  | { page: 'missing' }

/** The data sessions; one of them; a picture of it to look into. */
export interface LaboratoryRoute {
  page: 'laboratory'
  session?: number
  picture?: PictureName
}

/** The tasks; one of them. A run of it that is shown stands in the query. */
export interface TasksRoute {
  page: 'tasks'
  task?: string
}

/** How the laboratory calls a picture. */
export interface PictureName {
  source: string
  basename: string
}

const NAME = '([a-z0-9][a-z0-9-]{0,31})'
const OF_CAMERA = new RegExp(`^/(camera|teach|models)/${NAME}/${NAME}$`)
const OF_SENSOR = new RegExp(`^/sensors/${NAME}/${NAME}$`)
const OF_DOORS = new RegExp(`^/doors(?:/${NAME})?$`)
const OF_MODEL = new RegExp(`^/models/${NAME}/${NAME}/([1-9][0-9]{0,8})$`)

const OF_LABORATORY = /^\/laboratory(?:\/([1-9][0-9]{0,14})(?:\/(archive|datalab)\/([^/]{1,600}))?)?$/
const OF_TASKS = /^\/tasks(?:\/([A-Za-z][A-Za-z0-9_-]{0,59}))?$/

/** @param path of an address, without its query */
export function routeOf(path: string): Route {
  const plain = path.length > 1 ? path.replace(/\/+$/, '') : path
  if (plain === '/') return { page: 'wall' }
  if (plain === '/alerts') return { page: 'alerts' }
  if (plain === '/devices') return { page: 'devices' }
  if (plain === '/programs') return { page: 'programs' }
  if (plain === '/logs') return { page: 'logs' }
  if (plain === '/processes') return { page: 'processes' }
  if (plain === '/releases') return { page: 'releases' }
  if (plain === '/sign-in') return { page: 'sign-in' }
  return (
    ofLaboratory(plain) ??
    ofTasks(plain) ??
    ofCamera(plain) ??
    ofModel(plain) ??
    ofSensor(plain) ??
    ofDoors(plain) ?? { page: 'missing' }
  )
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

function ofSensor(path: string): Route | null {
  const [, device, sensor] = OF_SENSOR.exec(path) ?? []
  return device && sensor ? { page: 'sensor', device, sensor } : null
}

function ofDoors(path: string): Route | null {
  const [whole, door] = OF_DOORS.exec(path) ?? []
  if (whole === undefined) return null
  return door === undefined ? { page: 'doors' } : { page: 'doors', door }
}

function ofLaboratory(path: string): Route | null {
  const [whole, session, source, name] = OF_LABORATORY.exec(path) ?? []
  if (whole === undefined) return null
  if (session === undefined) return { page: 'laboratory' }
  if (!source || !name) return { page: 'laboratory', session: Number(session) }
  const basename = decoded(name)
  return basename === null ? null : { page: 'laboratory', session: Number(session), picture: { source, basename } }
}

function ofTasks(path: string): Route | null {
  const [whole, task] = OF_TASKS.exec(path) ?? []
  if (whole === undefined) return null
  return task === undefined ? { page: 'tasks' } : { page: 'tasks', task }
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

export const LABORATORY_PATH = '/laboratory'
export const sessionPath = (session: number) => `${LABORATORY_PATH}/${session}`
export const picturePath = (session: number, { source, basename }: PictureName) =>
  `${sessionPath(session)}/${source}/${encodeURIComponent(basename)}`
export const TASKS_PATH = '/tasks'
export const taskPath = (task: string) => `${TASKS_PATH}/${task}`
/** @param job the run that is shown beside it */
export const runPath = (task: string, job: string) => `${taskPath(task)}${runQuery(job)}`
export const runQuery = (job: string) => `?run=${encodeURIComponent(job)}`
/** @param sensor `device/sensor` */
export const sensorPath = (sensor: string) => `/sensors/${sensor}`
export const DOORS_PATH = '/doors'
/** @param door its name, without `doors/` */
export const doorPath = (door: string) => `${DOORS_PATH}/${door}`
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
