Code.require_file("rounds.exs", __DIR__)

defmodule Counter do
  use GenServer

  def init(count), do: {:ok, count}
  def handle_call({:add, n}, _from, count), do: {:reply, count + n, count + n}
end

defmodule Calls do
  def run(calls) do
    {:ok, server} = GenServer.start_link(Counter, 0)
    total = call(server, calls, 0)
    GenServer.stop(server)
    total
  end

  defp call(_server, 0, total), do: total
  defp call(server, left, _total), do: call(server, left - 1, GenServer.call(server, {:add, 1}))
end

[calls, rounds] = Enum.map(System.argv(), &String.to_integer/1)
Rounds.time("time", calls, calls, rounds, 2, fn -> Calls.run(calls) end)
