defmodule Ask do
  # What `fun` came to, in a process of its own: its exit reason.
  def outcome(fun) do
    {pid, ref} = spawn_monitor(fun)

    receive do
      {:DOWN, ^ref, :process, ^pid, reason} -> reason
    after
      1_000 -> :hangs
    end
  end

  def text(value) when is_atom(value), do: Atom.to_string(value)
  def text(value) when is_integer(value), do: Integer.to_string(value)
  def text(value) when is_list(value), do: "[" <> Enum.map_join(value, " ", &text/1) <> "]"
  def text(value) when is_tuple(value), do: text(Tuple.to_list(value))

  def next(ms \\ 400) do
    receive do
      {:EXIT, _, reason} -> [:exit, reason]
      {:DOWN, _, :process, _, reason} -> [:down, reason]
      other -> other
    after
      ms -> :nothing
    end
  end

  def trap, do: Process.flag(:trap_exit, true)

  def dead do
    pid = spawn(fn -> :ok end)
    ref = Process.monitor(pid)
    receive do: ({:DOWN, ^ref, _, _, _} -> pid)
  end

  def waiting, do: spawn(fn -> Process.sleep(:infinity) end)
  def lives, do: exit(:lives)
end
