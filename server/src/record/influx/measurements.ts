/** What a measurement of InfluxDB says: the source of `deploy/grafana/README.md`, and of what dashboards may ask for. */
export interface MeasurementShape {
  /** What a point of it is, and when it is written. */
  text: string
  /** The retention policy that it is written to; null: the database's default. */
  policy: 'rollups' | null
  tags: Readonly<Record<string, string>>
  fields: Readonly<Record<string, FieldShape>>
  /** How many series there are at most of each camera, device or server; see the README for what bounds them. */
  series: { each: 'camera' | 'device' | 'server'; most: number }
}

export interface FieldShape {
  /** Of a field, InfluxDB takes no other type than its first. */
  type: 'float' | 'boolean' | 'string'
  unit: string | null
  text: string
}

/** States that a camera has at a time, as `devices/camera-body.ts` bounds them. */
const STATES = 32
/** Versions of a camera's models that have a tag value of their own; later ones share one, so that series stay bounded. */
export const MOST_TAGGED_VERSIONS = 500
/** Sensors of a device, as `record/write-readings.ts` bounds them. */
const SENSORS = 64

const device = 'name of the device'
const camera = 'name of the camera within its device'
const numeric = (unit: string | null, text: string): FieldShape => ({ type: 'float', unit, text })
const yesNo = (text: string): FieldShape => ({ type: 'boolean', unit: null, text })
const words = (text: string): FieldShape => ({ type: 'string', unit: null, text })

export const MEASUREMENTS = {
  result: {
    text: 'one frame that ended with a result, or that was skipped; its time is that of its capture',
    policy: null,
    tags: {
      device,
      camera,
      state: 'a state of the camera, or `unknown`',
      model: `\`device/camera@version\`; \`none\` without one, \`device/camera@${MOST_TAGGED_VERSIONS + 1}+\` for all later versions`,
    },
    fields: {
      confidence: numeric(
        '0..1',
        'probability of the most probable state, also where it is not enough for the state; none without a model',
      ),
      probability: numeric('0..1', 'probability of the state in the tag; none for `unknown`'),
      latency_ms: numeric(
        'ms',
        'from the frame taken from the queue to its prediction; 0 without a model, none where it was skipped',
      ),
      pipeline_ms: numeric('ms', 'from the frame received to its prediction, or to its end where it was skipped'),
      skipped: yesNo('nothing was said of the frame: it waited too long, or its bytes had to go'),
      late: yesNo('a newer frame of the camera was classified before it'),
      reason: words(
        'why the state is `unknown`: `no_model`, `low_confidence`, `unlike_training`, `covered`; none otherwise',
      ),
    },
    series: { each: 'camera', most: (STATES + 1) * (MOST_TAGGED_VERSIONS + 1) + 1 },
  },
  probability: {
    text: 'what a result says of each state that its model knows; its time is that of the capture',
    policy: null,
    tags: { device, camera, state: 'a state that the model knows' },
    fields: { value: numeric('0..1', 'probability of the state') },
    series: { each: 'camera', most: STATES },
  },
  transition: {
    text: 'a debounced change of state; its time is that of the first frame that showed it, or when frames had stopped',
    policy: null,
    tags: { device, camera, state: 'the state that it came into, or `unknown`' },
    fields: {
      from: words('the state before'),
      to: words('the state of the tag, as a field for panels that draw states'),
      confidence: numeric('0..1', 'that of the frame which confirmed it; none where frames had stopped'),
      reason: words('why the state is `unknown`: as of results, and `stale`, `offline`, `moved`; none otherwise'),
      superseded: yesNo('late frames told that time anew, and it did not happen: ask for `superseded = false`'),
    },
    series: { each: 'camera', most: STATES + 1 },
  },
  reading: {
    text: 'what a sensor read, when it read it',
    policy: null,
    tags: { device, sensor: 'name of the sensor within its device' },
    fields: {
      value: numeric("the sensor's", 'a reading that is a number'),
      text: words('a reading that is a text'),
      mean: numeric("the sensor's", 'of a reading that is a list of numbers; none where it is empty'),
      min: numeric("the sensor's", 'its smallest number'),
      max: numeric("the sensor's", 'its largest number'),
      length: numeric(null, 'how many numbers it has'),
    },
    series: { each: 'device', most: SENSORS },
  },
  device: {
    text: 'what a device says of itself: when it comes, goes or says something new, at most once a second, and every minute',
    policy: null,
    tags: { device },
    fields: {
      connected: numeric('0 or 1', 'whether it is connected'),
      outbox_frames: numeric('frames', 'wait on the device for the server'),
      dropped_frames: numeric('frames', 'lost to a bound of its outbox since that was made'),
      temperature_c: numeric('°C', 'of its processor'),
      captured: numeric('frames', 'pictures taken since the agent started, all cameras together'),
      gated: numeric('frames', 'of those, not sent since nothing had changed'),
      sent: numeric('frames', 'of those, sent'),
      dropped: numeric('frames', 'lost to a bound of the outbox, all cameras together'),
    },
    series: { each: 'device', most: 1 },
  },
  system: {
    text: 'the server itself, every 15 seconds',
    policy: null,
    tags: {},
    fields: {
      pending_frames: numeric('frames', 'wait for their result'),
      influx_outbox: numeric('points', 'wait for InfluxDB'),
      frames_bytes: numeric('bytes', 'of all frames files'),
      disk_free_bytes: numeric('bytes', 'free on the disk of the data folder'),
      state_bytes: numeric('bytes', 'of `state.db`'),
      wal_bytes: numeric('bytes', 'of the log of `state.db`'),
      rss_bytes: numeric('bytes', 'memory of the process'),
      heap_bytes: numeric('bytes', "of it, JavaScript's heap in use"),
      loop_delay_p99_ms: numeric('ms', 'the longest waits of the event loop since the point before, 99th percentile'),
      http_connections: numeric('connections', 'open, without WebSockets'),
      mqtt_connections: numeric('connections', 'open'),
      cameras: numeric('cameras', 'that the server knows'),
      devices_connected: numeric('devices', 'that are connected by MQTT'),
      jobs_waiting: numeric('jobs', 'that are queued'),
    },
    series: { each: 'server', most: 1 },
  },
  result_1h: {
    text: 'the results of one state within an hour; its time is the begin of the hour',
    policy: 'rollups',
    tags: { device, camera, state: 'a state of the camera, or `unknown`' },
    fields: {
      results: numeric('results', 'how many there are'),
      confident: numeric('results', 'how many of them have a confidence'),
      confidence_sum: numeric(null, 'of these together: divided by `confident` it is a mean, of any span'),
      confidence_mean: numeric('0..1', 'of these; none where none has'),
      confidence_min: numeric('0..1', 'the least of them'),
      confidence_max: numeric('0..1', 'the greatest of them'),
      latency_ms_mean: numeric('ms', 'from the frame taken from the queue to its prediction'),
    },
    series: { each: 'camera', most: STATES + 1 },
  },
  state_1h: {
    text: 'how long a camera was in a state within an hour, and in `unknown` from its first result on until it earned one, also while no frames came; its time is the begin of the hour',
    policy: 'rollups',
    tags: { device, camera, state: 'a state of the camera, or `unknown`' },
    fields: {
      seconds: numeric('s', 'that it was in the state'),
      entered: numeric('times', 'that it came into it'),
    },
    series: { each: 'camera', most: STATES + 1 },
  },
} as const satisfies Record<string, MeasurementShape>

export type Measurement = keyof typeof MEASUREMENTS
