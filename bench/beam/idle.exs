defmodule Idle do
  def wait do
    receive do
      {from, number} -> send(from, number)
    end
  end

  # What the process that starts them holds, its list of pids among it, is not theirs.
  def bytes do
    :erlang.garbage_collect()
    {:memory, own} = Process.info(self(), :memory)
    :erlang.memory(:total) - own
  end

  def answers(0, sum), do: sum

  def answers(left, sum) do
    receive do
      number -> answers(left - 1, sum + number)
    end
  end
end

[count] = Enum.map(System.argv(), &String.to_integer/1)
before = Idle.bytes()
{took, pids} = :timer.tc(fn -> for _ <- 1..count, do: spawn(Idle, :wait, []) end)
size = (Idle.bytes() - before) / count
pids |> Enum.with_index() |> Enum.each(fn {pid, index} -> send(pid, {self(), index}) end)
sum = Idle.answers(count, 0)
if sum != div(count * (count - 1), 2), do: raise("#{count} processes answered #{sum}")
IO.puts("size #{size}\nspawn #{took * 1000 / count}")
