/**
 * Stands where onoff asks for the native package `epoll`, which has to be compiled on each machine. Our driver asks a line
 * for its value itself and never calls `watch`, so nothing here has to wait for the kernel.
 */
export class Epoll {
  static readonly EPOLLPRI = 2

  add(): never {
    throw new Error('lines are not watched through onoff: read their value')
  }

  remove(): void {}

  close(): void {}
}
