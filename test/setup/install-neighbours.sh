#!/usr/bin/env bash
# The real neighbours of the tests, from Debian's packages. Does nothing where they are installed. With `kernel`: what
# `npm run test:gpio` builds its kernel with.
set -euo pipefail

# A program, or a file where a package has none, stands for each package.
if [ "${1:-}" = kernel ]; then
  declare -A package_of=([gcc]=gcc [make]=make [flex]=flex [bison]=bison [bc]=bc [xz]=xz-utils
    [/usr/include/stdio.h]=libc6-dev [/usr/src/linux-source-6.1.tar.xz]=linux-source-6.1)
else
  declare -A package_of=([mosquitto]=mosquitto [mosquitto_pub]=mosquitto-clients [influxd]=influxdb [strace]=strace
    [openssl]=openssl [chromium]=chromium [systemd-nspawn]=systemd-container [shellcheck]=shellcheck [ip]=iproute2
    [gcc]=gcc [/usr/include/stdio.h]=libc6-dev [bwrap]=bubblewrap [newuidmap]=uidmap [gnatmake]=gnat [gprbuild]=gprbuild [g++]=g++
    [jpegtran]=libjpeg-turbo-progs [docker-compose]=docker-compose [promtool]=prometheus [ffmpeg]=ffmpeg [qemu-aarch64-static]=qemu-user-static
    [/usr/aarch64-linux-gnu/lib/libstdc++.so.6]=libstdc++6-arm64-cross
    [/usr/arm-linux-gnueabihf/lib/libstdc++.so.6]=libstdc++6-armhf-cross
    [/usr/arm-linux-gnueabihf/lib/libatomic.so.1]=libatomic1-armhf-cross)
fi
missing=()
for stands in "${!package_of[@]}"; do
  [ -e "$stands" ] || PATH="$PATH:/usr/sbin" command -v "$stands" >/dev/null || missing+=("${package_of[$stands]}")
done
# An RTSP server, which is no program but a library that Debian's own Python finds.
[ "${1:-}" = kernel ] || /usr/bin/python3 -c 'import gi; gi.require_version("GstRtspServer", "1.0")' 2>/dev/null ||
  missing+=(python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good)
# What pictures as numbers are judged against: FITS and arithmetic as astronomers do them.
[ "${1:-}" = kernel ] || /usr/bin/python3 -c 'import astropy, numpy' 2>/dev/null || missing+=(python3-astropy python3-numpy)
# What boxes filter system calls by: a library without a program.
[ "${1:-}" = kernel ] || PATH="$PATH:/usr/sbin" ldconfig -p | grep -F libseccomp.so.2 >/dev/null ||
  missing+=(libseccomp2)
[ "${#missing[@]}" -gt 0 ] || exit 0

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
echo "Installing what the tests run against: ${missing[*]}"
if ! {
  "${as_root[@]}" apt-get update -qq &&
    # The packages' own services are not wanted: each test starts what it needs on a port of its own.
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
} >/dev/null; then
  echo "They could not be installed. On Debian or Ubuntu: sudo apt-get install ${missing[*]}" >&2
  exit 1
fi
