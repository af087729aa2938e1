/** The areas that the reference of the API is ordered by, with the paths of each; the first that matches counts. */
const AREAS: { name: string; description: string; paths: RegExp }[] = [
  {
    name: 'observe',
    description: 'Health, metrics, and what happens as it happens.',
    paths: /^\/(metrics$|api\/(health|events)\b)/,
  },
  {
    name: 'labels and training',
    description: 'What people say of frames, and what a camera learns from it.',
    paths: /^\/api\/(labels|training)\b|\/(label|borrowed-labels|copy|import|export|holds|usability)$/,
  },
  {
    name: 'models',
    description: 'What was learned, how good it is, and which of it a camera is asked with.',
    paths: /^\/api\/(models\b|(cameras|sensors)\/[^/]+\/[^/]+\/(models?|rollback|activations)$)/,
  },
  {
    name: 'frames',
    description: 'Pictures: sent, found, looked at, and classified.',
    paths: /^\/api\/(frames\b|cameras\/[^/]+\/[^/]+\/(frames|frames\.zip|classify)$)/,
  },
  {
    name: 'cameras',
    description: 'Cameras, their settings, their state, and how it went.',
    paths: /^\/api\/(cameras|ribbons)\b/,
  },
  {
    name: 'sensors',
    description: 'Sensors and what they read; of those that are set up their settings, their state, and how it went.',
    paths: /^\/api\/(sensors|readings)\b/,
  },
  {
    name: 'doors',
    description: 'Doors that several cameras and sensors see: what these say together, and how it went.',
    paths: /^\/api\/doors\b/,
  },
  {
    name: 'jobs',
    description: 'Long work: how far it is, an end to it, and what is done again and again.',
    paths: /^\/api\/(jobs|schedules)\b/,
  },
  {
    name: 'alerts',
    description: 'Rules over cameras, sensors, doors, devices and the server, and what they found.',
    paths: /^\/api\/(alerts|alert-rules|alert-kinds)\b/,
  },
  {
    name: 'devices',
    description: 'Devices, their credentials and settings.',
    paths: /^\/api\/devices\b/,
  },
  {
    name: 'users',
    description: 'People, programs, and their tokens and sessions.',
    paths: /^\/api\/(users|tokens|sessions?|mqtt-tickets)\b/,
  },
  {
    name: 'operate',
    description: 'Processes, listeners, storage, releases and backups.',
    paths: /^\/api\/(processes|listeners|storage|releases|redeploy|backups)\b/,
  },
  { name: 'logging', description: 'The log and its levels.', paths: /^\/api\/(logs|logging)\b/ },
  {
    name: 'laboratory',
    description:
      'Data sessions, operations over frames and files, and what came of them; the archive as their client asks for it.',
    paths: /^\/(api\/(datasessions|available_operations|analysis|laboratory)\b|(portal|archive|thumbnails)\/)/,
  },
  {
    name: 'tasks',
    description: 'Programs of the tasks folder: which there are, calls of them, and when they are run by themselves.',
    paths: /^\/(api\/(tasks|task-runs|task-triggers)\b|vis\/)/,
  },
  {
    name: 'programs',
    description: 'Programs that users write: run in a sandbox, with what they print as it comes.',
    paths: /^\/(api\/programs\b|(run_program|check_output|download)\/)/,
  },
  {
    name: 'legacy',
    description: 'What clients of an earlier back end call, with its texts.',
    paths: /^\/(debug|server|app|training|ml)\//,
  },
]

/** The areas, as OpenAPI has them. */
export const TAGS = AREAS.map(({ name, description }) => ({ name, description }))

/** The area of a path, which is its tag; none where nobody has thought of one. */
export function tagsOf(url: string): string[] {
  const area = AREAS.find(({ paths }) => paths.test(url))
  return area ? [area.name] : []
}
