import { closeSync, openSync, read, writeSync } from 'node:fs'
import koffi from 'koffi'

/** linux/if_tun.h: `_IOW('T', 202, int)`, bare IP packets without a header of the device's own. */
const TUNSETIFF = 0x400454ca
const IFF_TUN = 0x0001
const IFF_NO_PI = 0x1000
/** `struct ifreq`: the name, then a union whose first two bytes are the flags. */
const NAME_BYTES = 16
const IFREQ_BYTES = 40
const LARGEST_PACKET = 65_536

const ioctl = koffi.load('libc.so.6').func('int ioctl(int fd, unsigned long request, _Inout_ uint8_t *argument)')

/** A network interface whose other end is this process: what is routed into it is read here, packet by packet. */
export class Tun {
  readonly #fd: number

  /** Makes the interface in this process' network namespace; it is gone with the process, wherever it was moved to. */
  constructor(name: string) {
    this.#fd = openSync('/dev/net/tun', 'r+')
    const request = new Uint8Array(IFREQ_BYTES)
    request.set(Buffer.from(name).subarray(0, NAME_BYTES - 1))
    new DataView(request.buffer).setUint16(NAME_BYTES, IFF_TUN | IFF_NO_PI, true)
    if (ioctl(this.#fd, TUNSETIFF, request) === 0) return
    closeSync(this.#fd)
    throw new Error(`${name} cannot be made as a TUN interface: only root may`)
  }

  /** Hands over every packet that is routed into the interface. A thread waits for each, so the process is ended by SIGKILL. */
  onPacket(take: (packet: Buffer) => void): void {
    const next = () =>
      read(this.#fd, Buffer.allocUnsafe(LARGEST_PACKET), 0, LARGEST_PACKET, null, (error, length, packet) => {
        if (!error) take(packet.subarray(0, length))
        // While the interface is down there is nothing to read, and it says so at once.
        if (error) setTimeout(next, 5)
        else next()
      })
    next()
  }

  /** The packet arrives at the interface, or is lost where that is down or has no room. */
  send(packet: Buffer): void {
    try {
      writeSync(this.#fd, packet)
    } catch {}
  }
}
