using SecureFed.Cli;

return SecureFedCommand.Run(args, Console.Out, Console.Error, isLive: !Console.IsOutputRedirected);
