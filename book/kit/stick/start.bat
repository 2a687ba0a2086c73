@echo off
rem Finds a Python that the stick has packages for, the newest first, and lets it do the rest.
for %%v in (3.14 3.13 3.12 3.11) do py -%%v "%~dp0kit\start.py" --fits >nul 2>nul && (
  py -%%v "%~dp0kit\start.py" %* || pause
  goto end
)
python "%~dp0kit\start.py" %* && goto end
echo.
echo If nothing opened: install Python 3.11 to 3.14 from python.org, or from the folder "python" of this stick,
echo then open start.bat again.
pause
:end
