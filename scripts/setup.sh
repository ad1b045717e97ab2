#!/usr/bin/env bash
# Installs what building and running Cimbase needs and this machine lacks.
# Silent when nothing is missing. With --test also what the tests need.
set -euo pipefail

NEEDED_RUST=1.95
NEEDED_GDAL=3.6
NEEDED_PROJ=9.0
NEEDED_SQLITE=3.34

with_tests=no
for argument in "$@"; do
  case "$argument" in
    --test) with_tests=yes ;;
    -h | --help)
      echo "usage: scripts/setup.sh [--test]"
      exit 0
      ;;
    *)
      echo "setup: unknown argument $argument (there is --test)" >&2
      exit 2
      ;;
  esac
done

say() { printf 'setup: %s\n' "$*" >&2; }

has_command() { command -v "$1" > /dev/null 2>&1; }

# A shared library that the loader finds.
has_library() {
  local ldconfig
  ldconfig=$(command -v ldconfig || echo /sbin/ldconfig)
  [ -x "$ldconfig" ] || return 1
  "$ldconfig" -p 2> /dev/null | grep -F "$1" > /dev/null
}

# A development package at least this new.
has_development() {
  has_command pkg-config && pkg-config --atleast-version="$2" "$1" 2> /dev/null
}

has_any_file() {
  local pattern file
  for pattern in "$@"; do
    for file in $pattern; do
      [ -e "$file" ] && return 0
    done
  done
  return 1
}

# A library of Debian's own Python.
has_python() {
  [ -x /usr/bin/python3 ] && /usr/bin/python3 -c "import $1" > /dev/null 2>&1
}

has_chinese_font() {
  if has_command fc-list && [ -n "$(fc-list :lang=zh 2> /dev/null | head -n 1)" ]; then
    return 0
  fi
  has_any_file '/usr/share/fonts/*/*/NotoSansCJK*' '/usr/share/fonts/*/NotoSansCJK*'
}

# Debian's names of what is missing, one to a line.
missing_packages() {
  has_command cc || echo build-essential
  has_command make || echo make
  has_command pkg-config || echo pkg-config
  has_development gdal "$NEEDED_GDAL" || echo libgdal-dev
  has_development proj "$NEEDED_PROJ" || echo libproj-dev
  has_development sqlite3 "$NEEDED_SQLITE" || echo libsqlite3-dev
  has_command clang || echo clang
  has_any_file '/usr/lib/llvm-*/lib/libclang*.so*' '/usr/lib/*/libclang*.so*' '/usr/lib/libclang*.so*' \
    '/usr/lib64/libclang*.so*' || echo libclang-dev
  has_library libX11.so.6 || echo libx11-6
  has_library libXcursor.so.1 || echo libxcursor1
  has_library libXi.so.6 || echo libxi6
  has_library libXrandr.so.2 || echo libxrandr2
  has_library libxkbcommon.so.0 || echo libxkbcommon0
  has_library libxkbcommon-x11.so.0 || echo libxkbcommon-x11-0
  has_library libvulkan.so.1 || echo libvulkan1
  has_any_file '/usr/share/vulkan/icd.d/*.json' '/etc/vulkan/icd.d/*.json' || echo mesa-vulkan-drivers
  has_chinese_font || echo fonts-noto-cjk
  if [ "$with_tests" = yes ]; then
    # The tests draw in software wherever they run, so that pictures can be compared.
    has_any_file '/usr/share/vulkan/icd.d/lvp_icd*.json' || echo mesa-vulkan-drivers
    has_command ogr2ogr || echo gdal-bin
    has_command pdftotext || echo poppler-utils
    # What leaves is read back by readers that are not ours.
    has_python openpyxl || echo python3-openpyxl
    has_python ezdxf || echo python3-ezdxf
    has_python shapely || echo python3-shapely
    # Debian keeps the broker where only root's PATH looks.
    has_command mosquitto || has_any_file /usr/sbin/mosquitto || echo mosquitto
  fi
}

# Whether a person can be asked.
can_ask() { [ -t 0 ] && [ -t 2 ] && [ -z "${CI:-}" ]; }

install_packages() {
  local runner=() answer
  if [ "$(id -u)" -ne 0 ]; then
    if ! has_command sudo; then
      say "missing: $*"
      say "run as root: apt-get install $*"
      exit 1
    fi
    runner=(sudo)
    if can_ask; then
      printf 'setup: missing: %s\nsetup: install them with sudo apt-get? [Y/n] ' "$*" >&2
      read -r answer
      case "$answer" in
        '' | y | Y | yes | Yes) ;;
        *)
          say "nothing was installed; later: sudo apt-get install $*"
          exit 1
          ;;
      esac
    elif sudo -n true 2> /dev/null; then
      runner=(sudo -n)
    else
      say "missing: $*"
      say "run: sudo apt-get install $*"
      exit 1
    fi
  fi
  say "installing $*"
  "${runner[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q >&2
  "${runner[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" >&2
}

elsewhere() {
  say "this machine has no apt-get; install by its own means:"
  say "  a C and C++ compiler, pkg-config, clang with libclang"
  say "  GDAL >= $NEEDED_GDAL, PROJ >= $NEEDED_PROJ and SQLite >= $NEEDED_SQLITE with their headers"
  say "  X11 libraries (X11, Xcursor, Xi, Xrandr, xkbcommon, xkbcommon-x11), a Vulkan loader and driver"
  say "  a font with Chinese, such as Noto Sans CJK"
  say "Fedora:   sudo dnf install gcc-c++ pkgconf clang clang-devel gdal-devel proj-devel sqlite-devel libX11 libXcursor libXi libXrandr libxkbcommon-x11 vulkan-loader mesa-vulkan-drivers google-noto-sans-cjk-fonts"
  say "Arch:     sudo pacman -S base-devel clang gdal proj sqlite libxcursor libxi libxrandr libxkbcommon-x11 vulkan-icd-loader vulkan-swrast noto-fonts-cjk"
  say "macOS:    brew install pkg-config gdal proj sqlite"
  if [ "$with_tests" = yes ]; then
    say "and for the tests: Mesa's software Vulkan, GDAL's command-line tools, Mosquitto"
  fi
}

check_packages() {
  local missing
  mapfile -t missing < <(missing_packages | sort -u)
  [ "${#missing[@]}" -eq 0 ] && return
  if [ "$(uname -s)" = Darwin ]; then
    # Window, graphics and fonts come with the system there.
    has_development gdal "$NEEDED_GDAL" && has_development proj "$NEEDED_PROJ" && return
    elsewhere
    exit 1
  fi
  if ! has_command apt-get; then
    elsewhere
    say "not found here (by Debian's names): ${missing[*]}"
    exit 1
  fi
  install_packages "${missing[@]}"
  local old=''
  has_development gdal "$NEEDED_GDAL" || old="GDAL >= $NEEDED_GDAL"
  has_development proj "$NEEDED_PROJ" || old="$old${old:+ and }PROJ >= $NEEDED_PROJ"
  if [ -n "$old" ]; then
    say "this system's packages do not bring $old; Debian 12, Ubuntu 24.04 and later do"
    exit 1
  fi
}

check_rust() {
  # rustup puts cargo here, where a shell that was open before does not look.
  PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"
  if ! has_command cargo; then
    say "Rust is missing. Install it with the command that https://rustup.rs shows:"
    say "  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
    exit 1
  fi
  local found
  found=$(cargo --version | cut -d ' ' -f 2 | cut -d - -f 1)
  if [ "$(printf '%s\n%s\n' "$NEEDED_RUST" "$found" | sort -V | head -n 1)" != "$NEEDED_RUST" ]; then
    say "Rust $found is too old: $NEEDED_RUST is needed. Run: rustup update stable"
    exit 1
  fi
}

check_packages
check_rust
