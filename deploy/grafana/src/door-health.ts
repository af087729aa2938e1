/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: Grafana's variables are written like this */

import { lines } from './panels.ts'

/**
 * What the task `camera_health` finds out about the camera, as readings of its device: sensors that are named after the
 * camera. They come once a night or so, and a day of them tells nothing: of a span that ends now a month is shown.
 */
const MEASURED = [
  {
    name: 'noise',
    title: 'Noise',
    description: 'How much the brightness of pixels varies; a sensor that ages, or too little light, has more of it',
    of: 'mean',
  },
  {
    name: 'sharpness',
    title: 'Sharpness',
    description: 'How much neighbouring pixels differ; it falls when the lens is dirty, or out of focus',
    of: 'mean',
  },
  {
    name: 'hot-pixels',
    title: 'Hot pixels',
    description: 'Pixels that are bright whatever the camera sees; they become more with the age of a sensor',
    of: 'max',
  },
  {
    name: 'brightness',
    title: 'Brightness',
    description: 'Mean of all pixels; a camera that is covered, or whose lamp is out, falls to the bottom',
    of: 'mean',
  },
]

export const health = MEASURED.map(({ name, title, description, of }) =>
  lines(
    {
      title,
      description: `${description}. The last 30 days, or the span that was chosen by its dates`,
      width: 6,
      queries: [
        {
          influxql: `SELECT ${of}("value") FROM "reading" WHERE $timeFilter AND "device" = '$device'
            AND "sensor" = '\${camera}-${name}' GROUP BY time($__interval) fill(none)`,
          alias: name,
        },
      ],
    },
    'short',
  ).timeFrom('30d'),
)
