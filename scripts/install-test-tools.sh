#!/usr/bin/env bash
# Installs what some tests need beyond npm: Elixir, and with it Erlang/OTP, to compare with, and nats-server, for nodes on a network. Never
# fails: tests that do not find theirs skip themselves.
set -euo pipefail

loud() {
  printf '\n!! %s\n!! %s\n\n' "$1" "$2" >&2
}

# The command, the package that has it, and what is lost without it.
tool() {
  local command=$1 package=$2 lost=$3
  if command -v "$command" >/dev/null 2>&1; then
    echo "$command is here"
  elif ! command -v apt-get >/dev/null 2>&1; then
    loud "$command is missing, and there is no apt-get to install it with." "$lost"
  elif [ "$(id -u)" -ne 0 ]; then
    loud "$command is missing, and only root may install it: apt-get install $package" "$lost"
  elif ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package"; } >/dev/null; then
    loud "$command is missing, and apt-get could not install it." "$lost"
  else
    echo "$command was installed"
  fi
}

tool elixir elixir "Tests that compare with the BEAM will be skipped."
tool nats-server nats-server "Tests of nodes on a network will be skipped."
