#!/usr/bin/env bash
# Installs what some tests compare with: Elixir, and with it Erlang/OTP. Never fails: tests that find no Elixir skip themselves.
set -euo pipefail

loud() {
  printf '\n!! %s\n!! Tests that compare with the BEAM will be skipped.\n\n' "$1" >&2
}

if command -v elixir >/dev/null 2>&1; then
  echo "elixir is here"
elif ! command -v apt-get >/dev/null 2>&1; then
  loud "Elixir is missing, and there is no apt-get to install it with."
elif [ "$(id -u)" -ne 0 ]; then
  loud "Elixir is missing, and only root may install it: apt-get install elixir"
elif ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends elixir; } >/dev/null; then
  loud "Elixir is missing, and apt-get could not install it."
else
  elixir --version | tail -n 1
fi
