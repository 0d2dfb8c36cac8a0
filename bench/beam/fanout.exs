Code.require_file("rounds.exs", __DIR__)

defmodule Fanout do
  # Tasks that harm nobody when they crash, their replies taken as messages in the order in which they arrive.
  def async_nolink(supervisor, count) do
    for input <- 0..(count - 1), do: Task.Supervisor.async_nolink(supervisor, fn -> input end)
    collect(count, 0)
  end

  defp collect(0, sum), do: sum

  defp collect(left, sum) do
    receive do
      {ref, value} when is_reference(ref) ->
        Process.demonitor(ref, [:flush])
        collect(left - 1, sum + value)
    end
  end

  def async_stream_nolink(supervisor, count) do
    supervisor
    |> Task.Supervisor.async_stream_nolink(0..(count - 1), fn input -> input end, max_concurrency: 8, ordered: false)
    |> Enum.reduce(0, fn {:ok, value}, sum -> sum + value end)
  end
end

[how, count, rounds] = System.argv()
count = String.to_integer(count)
{:ok, supervisor} = Task.Supervisor.start_link()
work = fn -> apply(Fanout, String.to_existing_atom(how), [supervisor, count]) end
Rounds.time("time", count, div(count * (count - 1), 2), String.to_integer(rounds), 1, work)
