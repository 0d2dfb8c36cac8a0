Code.require_file("rounds.exs", __DIR__)

defmodule Pingpong do
  def run(trips) do
    other = spawn_link(&echo/0)
    sum = trip(other, 0, trips, 0)
    Process.unlink(other)
    Process.exit(other, :kill)
    sum
  end

  defp echo do
    receive do
      {from, number} -> send(from, number)
    end

    echo()
  end

  defp trip(_other, trips, trips, sum), do: sum

  defp trip(other, number, trips, sum) do
    send(other, {self(), number})

    receive do
      answer -> trip(other, number + 1, trips, sum + answer)
    end
  end
end

[trips, rounds] = Enum.map(System.argv(), &String.to_integer/1)
Rounds.time("time", trips, div(trips * (trips - 1), 2), rounds, 2, fn -> Pingpong.run(trips) end)
