@echo off
rem Double-click to start the companion for the Chorale Hub in Live. It ends when this window is closed or with q q.
set "PATH=%USERPROFILE%\.local\bin;%PATH%"
where chorale >nul 2>nul
if errorlevel 1 (
    echo chorale is not installed: see docs\live-setup.md
    pause
    exit /b 1
)
chorale jam --no-midi --clock osc --record "%USERPROFILE%\Music\Chorale Companion" %*
if errorlevel 1 pause
