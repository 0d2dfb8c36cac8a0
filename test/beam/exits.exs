# Asks OTP what happens in each of these situations, and prints a line for each: its name, a tab, what happened.
Logger.configure(level: :none)
import Ask

situations = [
  {"exit(self, normal)", fn -> Process.exit(self(), :normal); Process.sleep(50); lives() end},
  {"exit(self, normal), trapping", fn -> trap(); Process.exit(self(), :normal); exit(next()) end},
  {"exit(self, kill), trapping", fn -> trap(); Process.exit(self(), :kill); Process.sleep(50); lives() end},
  {"exit(other, normal)", fn -> me = self(); spawn(fn -> Process.exit(me, :normal) end); Process.sleep(50); lives() end},
  {"exit(other, normal), trapping", fn -> trap(); me = self(); spawn(fn -> Process.exit(me, :normal) end); exit(next()) end},
  {"exit(other, normal), linked", fn -> me = self(); spawn_link(fn -> Process.exit(me, :normal); Process.sleep(:infinity) end); Process.sleep(50); lives() end},
  {"linked one ends normally", fn -> spawn_link(fn -> :ok end); Process.sleep(50); lives() end},
  {"linked one ends normally, trapping", fn -> trap(); spawn_link(fn -> :ok end); exit(next()) end},
  {"linked one exits with kill", fn -> spawn_link(fn -> exit(:kill) end); Process.sleep(50); lives() end},
  {"linked one exits with kill, trapping", fn -> trap(); spawn_link(fn -> exit(:kill) end); exit(next()) end},
  {"linked one is killed", fn -> pid = waiting(); Process.link(pid); Process.exit(pid, :kill); Process.sleep(50); lives() end},
  {"linked one is killed, trapping", fn -> trap(); pid = waiting(); Process.link(pid); Process.exit(pid, :kill); exit(next()) end},
  {"exit(self, killed), trapping", fn -> trap(); Process.exit(self(), :killed); exit(next()) end},
  {"link to a dead process, trapping", fn -> trap(); Process.link(dead()); exit(next()) end},
  {"link to oneself", fn -> Process.link(self()); lives() end},
  {"link twice, one exit", fn -> trap(); pid = waiting(); Process.link(pid); Process.link(pid); Process.exit(pid, :x); exit([next(), next()]) end},
  {"unlink when the exit is in the mailbox", fn -> trap(); pid = spawn_link(fn -> exit(:x) end); Process.sleep(30); Process.unlink(pid); exit(next()) end},
  {"unlink before", fn -> trap(); pid = waiting(); Process.link(pid); Process.unlink(pid); Process.exit(pid, :x); exit(next()) end},
  {"monitor a dead process", fn -> Process.monitor(dead()); exit(next()) end},
  {"monitor a name that nobody has", fn -> Process.monitor(:nobody); exit(next()) end},
  {"monitor twice", fn -> pid = waiting(); Process.monitor(pid); Process.monitor(pid); Process.exit(pid, :x); exit([next(), next(), next()]) end},
  {"monitor oneself", fn -> Process.monitor(self()); exit(next()) end},
  {"demonitor after the end", fn -> {_, ref} = spawn_monitor(fn -> :ok end); Process.sleep(30); Process.demonitor(ref); exit(next()) end},
  {"demonitor after the end, with flush", fn -> {_, ref} = spawn_monitor(fn -> :ok end); Process.sleep(30); Process.demonitor(ref, [:flush]); exit(next()) end},
  {"send to a name that nobody has", fn -> try do send(:nobody, 1); lives() rescue _ -> exit(:error) end end},
  {"send to { name that nobody has, this node }", fn -> send({:nobody, node()}, 1); lives() end},
  {"send to a dead process", fn -> send(dead(), 1); lives() end},
  {"register a second name", fn -> Process.register(self(), :first); try do Process.register(self(), :second); lives() rescue _ -> exit(:error) end end},
  {"a name after its process", fn -> pid = waiting(); Process.register(pid, :gone); ref = Process.monitor(pid); Process.exit(pid, :kill); receive do: ({:DOWN, ^ref, _, _, _} -> exit(Process.whereis(:gone) || :undefined)) end},
  {"cancel a timer to a dead process", fn -> timer = Process.send_after(dead(), :x, 1_000); exit(Process.cancel_timer(timer)) end},
  {"cancel a timer to a process that has died since", fn -> pid = waiting(); timer = Process.send_after(pid, :x, 1_000); ref = Process.monitor(pid); Process.exit(pid, :kill); receive do: ({:DOWN, ^ref, _, _, _} -> exit(Process.cancel_timer(timer))) end},
  {"a timer of a process that has died", fn -> me = self(); spawn(fn -> Process.send_after(me, :from_the_grave, 10) end); exit(next()) end},
  {"a timer to a name that nobody has", fn -> Process.send_after(:nobody, :x, 1); Process.sleep(20); lives() end},
  {"an alias that was taken back", fn -> ref = :erlang.alias(); :erlang.unalias(ref); send(ref, :late); exit(next()) end},
  {"an alias for one reply", fn -> ref = :erlang.alias([:reply]); send(ref, :first); send(ref, :second); exit([next(), next()]) end},
  {"link to an alias", fn -> ref = :erlang.alias(); try do Process.link(ref); lives() rescue _ -> exit(:error) end end},
  {"monitor an alias", fn -> ref = :erlang.alias(); try do Process.monitor(ref); lives() rescue _ -> exit(:error) end end},
  {"a message, then the exit of its sender, trapping", fn -> trap(); me = self(); spawn_link(fn -> send(me, :message); exit(:x) end); exit([next(), next()]) end},
  {"messages and an exit signal in order, trapping", fn -> trap(); me = self(); spawn(fn -> send(me, :one); Process.exit(me, :x); send(me, :two) end); exit([next(), next(), next()]) end},
  {"selective receive", fn -> for n <- [1, 2, 3], do: send(self(), n); two = receive(do: (2 -> 2)); exit([two, next(), next(), next()]) end}
]

for {name, fun} <- situations, do: IO.puts(name <> "\t" <> text(outcome(fun)))
