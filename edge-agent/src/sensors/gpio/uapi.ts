/**
 * The structs of the GPIO character device, version 2 (Linux 5.10 and later), as include/uapi/linux/gpio.h lays them out:
 * fixed-width and padded, so the same on 32 and 64 bits; little-endian, as every Pi and PC is. A test compares offsets and
 * request numbers to what the C compiler makes of that header.
 */

const NAME_BYTES = 32 // GPIO_MAX_NAME_SIZE

/** Sizes and offsets in bytes. */
export const LAYOUT = {
  gpiochip_info: { size: 68, name: 0, label: 32, lines: 64 },
  gpio_v2_line_info: { size: 256, name: 0, consumer: 32, offset: 64, num_attrs: 68, flags: 72, attrs: 80 },
  gpio_v2_line_request: {
    size: 592,
    offsets: 0,
    consumer: 256,
    config: 288,
    num_lines: 560,
    event_buffer_size: 564,
    fd: 588,
  },
  gpio_v2_line_config: { size: 272, flags: 0, num_attrs: 8, attrs: 32 },
  gpio_v2_line_config_attribute: { size: 24, attr: 0, mask: 16 },
  gpio_v2_line_attribute: { size: 16, id: 0, debounce_period_us: 8 },
  gpio_v2_line_values: { size: 16, bits: 0, mask: 8 },
  gpio_v2_line_event: { size: 48, timestamp_ns: 0, id: 8, offset: 12, seqno: 16, line_seqno: 20 },
} as const

/** enum gpio_v2_line_flag, as far as inputs need it. */
export const FLAGS = {
  USED: 1n << 0n,
  ACTIVE_LOW: 1n << 1n,
  INPUT: 1n << 2n,
  EDGE_RISING: 1n << 4n,
  EDGE_FALLING: 1n << 5n,
  BIAS_PULL_UP: 1n << 8n,
  BIAS_PULL_DOWN: 1n << 9n,
  BIAS_DISABLED: 1n << 10n,
} as const

const ATTR_ID_DEBOUNCE = 3 // GPIO_V2_LINE_ATTR_ID_DEBOUNCE
const EVENT_RISING_EDGE = 1 // GPIO_V2_LINE_EVENT_RISING_EDGE
/** _IOC of include/uapi/asm-generic/ioctl.h, which x86 and ARM use: direction, size, type 0xB4, number. */
const request = (direction: 2 | 3, size: number, number: number) =>
  ((direction << 30) | (size << 16) | (0xb4 << 8) | number) >>> 0
const [READ, READ_WRITE] = [2, 3] as const

export const REQUESTS = {
  GPIO_GET_CHIPINFO_IOCTL: request(READ, LAYOUT.gpiochip_info.size, 0x01),
  GPIO_V2_GET_LINEINFO_IOCTL: request(READ_WRITE, LAYOUT.gpio_v2_line_info.size, 0x05),
  GPIO_V2_GET_LINE_IOCTL: request(READ_WRITE, LAYOUT.gpio_v2_line_request.size, 0x07),
  GPIO_V2_LINE_GET_VALUES_IOCTL: request(READ_WRITE, LAYOUT.gpio_v2_line_values.size, 0x0e),
} as const

export const chipInfo = {
  empty: () => Buffer.alloc(LAYOUT.gpiochip_info.size),
  read: (bytes: Buffer) => ({
    name: text(bytes, LAYOUT.gpiochip_info.name),
    label: text(bytes, LAYOUT.gpiochip_info.label),
    lines: bytes.readUInt32LE(LAYOUT.gpiochip_info.lines),
  }),
}

export const lineInfo = {
  ask(offset: number): Buffer {
    const bytes = Buffer.alloc(LAYOUT.gpio_v2_line_info.size)
    bytes.writeUInt32LE(offset, LAYOUT.gpio_v2_line_info.offset)
    return bytes
  },
  read: (bytes: Buffer) => ({
    name: text(bytes, LAYOUT.gpio_v2_line_info.name),
    consumer: text(bytes, LAYOUT.gpio_v2_line_info.consumer),
    used: (bytes.readBigUInt64LE(LAYOUT.gpio_v2_line_info.flags) & FLAGS.USED) !== 0n,
  }),
}

export interface LineOptions {
  offset: number
  consumer: string
  flags: bigint
  /** 0 for none. */
  debounceUs: number
  /** How many events the kernel keeps until they are read. */
  eventBufferSize: number
}

export const lineRequest = {
  write({ offset, consumer, flags, debounceUs, eventBufferSize }: LineOptions): Buffer {
    const at = LAYOUT.gpio_v2_line_request
    const bytes = Buffer.alloc(at.size)
    bytes.writeUInt32LE(offset, at.offsets)
    bytes.write(consumer, at.consumer, NAME_BYTES - 1, 'utf8')
    bytes.writeUInt32LE(1, at.num_lines)
    bytes.writeUInt32LE(eventBufferSize, at.event_buffer_size)
    bytes.writeBigUInt64LE(flags, at.config + LAYOUT.gpio_v2_line_config.flags)
    if (debounceUs > 0) {
      bytes.writeUInt32LE(1, at.config + LAYOUT.gpio_v2_line_config.num_attrs)
      const attribute = at.config + LAYOUT.gpio_v2_line_config.attrs
      bytes.writeUInt32LE(ATTR_ID_DEBOUNCE, attribute + LAYOUT.gpio_v2_line_attribute.id)
      bytes.writeUInt32LE(debounceUs, attribute + LAYOUT.gpio_v2_line_attribute.debounce_period_us)
      bytes.writeBigUInt64LE(1n, attribute + LAYOUT.gpio_v2_line_config_attribute.mask)
    }
    return bytes
  },
  /** The line's file descriptor, once the kernel has answered. */
  fd: (bytes: Buffer) => bytes.readInt32LE(LAYOUT.gpio_v2_line_request.fd),
}

export const lineValues = {
  /** Asks for the one line of a request. */
  ask(): Buffer {
    const bytes = Buffer.alloc(LAYOUT.gpio_v2_line_values.size)
    bytes.writeBigUInt64LE(1n, LAYOUT.gpio_v2_line_values.mask)
    return bytes
  },
  read: (bytes: Buffer): 0 | 1 => ((bytes.readBigUInt64LE(LAYOUT.gpio_v2_line_values.bits) & 1n) === 1n ? 1 : 0),
}

export interface LineEvent {
  /** CLOCK_MONOTONIC, milliseconds. */
  monotonicMs: number
  value: 0 | 1
  /** Counts the events of the line from 1 on; where some are missing the kernel's buffer was full. */
  sequence: number
}

export const lineEvents = {
  bytesFor: (events: number) => Buffer.alloc(events * LAYOUT.gpio_v2_line_event.size),
  /** @param length how many bytes the kernel wrote: whole events */
  read(bytes: Buffer, length: number): LineEvent[] {
    const at = LAYOUT.gpio_v2_line_event
    return Array.from({ length: Math.floor(length / at.size) }, (_, i) => {
      const event = bytes.subarray(i * at.size, (i + 1) * at.size)
      return {
        // In microseconds first: nanoseconds since boot may be more than a number holds exactly.
        monotonicMs: Number(event.readBigUInt64LE(at.timestamp_ns) / 1000n) / 1000,
        value: event.readUInt32LE(at.id) === EVENT_RISING_EDGE ? 1 : 0,
        sequence: event.readUInt32LE(at.line_seqno),
      } as const
    })
  },
}

function text(bytes: Buffer, offset: number): string {
  const field = bytes.subarray(offset, offset + NAME_BYTES)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? NAME_BYTES : end)
}
